"""The pictures of layered networks on pages: of a counterexample, and of what a revision's networks look like."""
