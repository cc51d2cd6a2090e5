"""Which lines of a submission are wrong: the fewest of its values in whose place the author's make it right."""
