"""What a network sees: feature maps, receptive fields, the pictures that excite its units."""
