"""From drawn cases to a revision: what is expected, how exactly, and whether the assignment may be used."""
