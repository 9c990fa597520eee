"""Detectors on a feature pyramid of any encoder of the segmenters, trained in the segmenters' loop."""
