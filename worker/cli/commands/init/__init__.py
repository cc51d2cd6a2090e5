"""Write the files by which another platform grades with Backmark.

The files are complete, and name this version of Backmark, or one commit of it. A command prints the path of each file
and the next steps.
"""
