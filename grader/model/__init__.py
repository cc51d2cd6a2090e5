"""The nouns, each described once: their fields, and who sees and sets them. No NumPy here."""
