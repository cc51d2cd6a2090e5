"""Benchmarks: they measure what the tests do not judge, side by side in one run. `make bench` prints a table."""
