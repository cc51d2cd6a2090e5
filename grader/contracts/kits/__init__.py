"""Kits: as much of a revision as a student's own machine needs to check an answer. They are read as a stranger's."""
