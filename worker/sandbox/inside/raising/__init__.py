"""Python's own mistakes: what the expression of the student's that raised was, told as facts, by names and sizes."""
