"""The knowledge of what is right and the record of what happened. Starts no process and runs no student's code."""
