"""Counts, scoring rules and their means: numpy, scipy and pandas only."""
