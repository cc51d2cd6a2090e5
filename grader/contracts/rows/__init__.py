"""The rows of a verdict: what agrees with what is expected, and in which words."""
