"""The language of contracts: an assignment's text, its tables, and what is wrong in them."""
