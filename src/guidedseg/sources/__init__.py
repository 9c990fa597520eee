"""People's own files, read as grey frames: pictures, TIFF stacks, DICOM, video."""
