"""Finite differences that can be trusted. Pure NumPy: no input or output, no Hypothesis."""
