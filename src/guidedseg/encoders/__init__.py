"""Pretrained encoders for grey images, of segmenters and detectors."""
