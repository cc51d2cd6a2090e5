"""Regrades: their selection, steps and reports."""
