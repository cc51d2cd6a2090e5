"""What is right and what is recorded. Starts no process and runs no student's code."""
