"""What is written of a segmented frame: masks, overlays, contours, tables, DICOM."""
