"""From an image and its regions to a mask."""
