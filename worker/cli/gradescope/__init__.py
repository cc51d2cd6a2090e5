"""Gradescope's autograder as a ZIP file: what is in it, and where its wheels come from."""
