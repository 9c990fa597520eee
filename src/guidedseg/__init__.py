"""Localization-guided segmentation of breast ultrasound lesions, as a reproducible DVC pipeline."""
