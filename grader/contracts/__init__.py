"""What is asked, and how it is judged: any function with a reference forward pass, described by dims and results.

The rooms are in layers (pyproject.toml). `language` and `gallery` alone are known to the web server, which has no NumPy.
"""
