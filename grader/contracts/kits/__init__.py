"""Kits: as much of a revision as a student's own machine needs to check an answer. Reading one runs nothing of it."""
