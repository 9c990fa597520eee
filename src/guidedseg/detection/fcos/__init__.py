"""FCOS: a detector on any encoder of the segmenters, with its pretrained weights."""
