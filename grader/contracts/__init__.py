"""Contracts and their judge: any function with a reference forward pass, described by dims and results.

The rooms are in layers (pyproject.toml). The web server, which has no NumPy, knows `language` and `gallery` alone.
"""
