"""Manage the courses of a server: settings, staff, regrades and marks.

Only `fill` needs no server: it puts marks into the table that a learning management system (LMS) exported.
"""
