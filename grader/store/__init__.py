"""The records, in Redis. One resource per file; a change to more than one key is one function of functions/."""
