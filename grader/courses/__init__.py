"""Roster, policy and marks: pure functions over what is recorded."""
