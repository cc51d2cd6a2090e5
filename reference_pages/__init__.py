"""The pages of the docs that are made from the code: `python -m reference_pages` writes them."""
