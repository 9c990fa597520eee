"""Lightning trains a network: the same loop for segmenters and detectors."""
