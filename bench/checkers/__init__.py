"""Gradient checkers, each in a process of its own that is asked in turn; it needs NumPy and the checker only."""
