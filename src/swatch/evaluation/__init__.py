"""Looking at trained networks: what they get right, what they get wrong, and what they say of new images."""
