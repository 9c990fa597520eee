"""Lesion boxes: Ultralytics in and out, and the matching of boxes."""
