"""The language of contracts: an assignment's text and tables, and what is wrong in them. No NumPy here."""
