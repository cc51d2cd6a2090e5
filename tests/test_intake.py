"""The use cases: what is recorded is announced to a worker, once, and nothing is announced that was not recorded."""
