"""Graders that a course would otherwise use, each with the same submission, the same networks and the same check."""
