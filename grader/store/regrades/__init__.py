"""Regrades: what they select, how they run step by step, and what they report."""
