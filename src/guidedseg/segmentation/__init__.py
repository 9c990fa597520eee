"""Segmentation networks, their inputs, losses and training."""
