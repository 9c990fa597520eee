"""Metrics files, curves and pictures."""
