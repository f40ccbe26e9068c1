"""What data sets there are, and their images as memory-mapped arrays. No torch."""
