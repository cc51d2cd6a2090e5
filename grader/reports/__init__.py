"""A verdict for somebody: what a student may see of it, and the formats of terminals and of other systems."""
