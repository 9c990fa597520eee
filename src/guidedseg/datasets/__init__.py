"""Raw datasets in their official layouts, and the canonical images, masks and index made from them."""
