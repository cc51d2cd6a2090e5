"""Which lines of a submission must be mended, by putting lines of the author's solution in their place."""
