"""`check`: a student's functions, judged where they are written. It never forks the kernel, and needs NumPy alone."""
