"""Networks that find lesions one by one: boxes, confidences and masks, none of them a mask of the picture."""
