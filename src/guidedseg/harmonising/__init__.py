"""What makes pictures of different machines alike: region, burned-in marks, intensity, millimetres per pixel."""
