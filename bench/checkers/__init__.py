"""Gradient checkers, each in a process of its own that is asked in turn; it needs only NumPy and the checker."""
