"""Scores as tables: of one run, and beside the paper's."""
