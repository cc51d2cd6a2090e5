"""A file for each command: `NAME.py` holds the command NAME, and a folder is a group of commands.

The function declares its options and does the work; what it returns is the exit status, and None is 0. Its docstring is
the command's help, and the docstring of a folder's `__init__.py` is the help of the group. The help of a group imports
all of its files, so heavy libraries are imported in the functions that need them. No command imports another.
"""
