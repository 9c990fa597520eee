"""Lesions followed through the frames of a cine."""
