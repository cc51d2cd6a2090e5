"""The nouns of the house, each described once: assignment and verdict. No NumPy here."""
