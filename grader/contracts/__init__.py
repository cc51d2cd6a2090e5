"""Contracts: any function with a reference forward pass, described by dims, inputs, a call and results."""
