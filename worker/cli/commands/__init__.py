"""A file for each command: `backmark NAME` is the function `NAME` in `NAME.py`, and no other file is here.

The function declares its options and does the work; what it returns is the exit status, and None is 0. `backmark
--help` imports every file, so heavy libraries are imported in the functions that need them. No command imports another.
"""
