"""Make, check, publish and export assignments.

An assignment is a folder or a file of your own, or one of those that come with Backmark.
"""
