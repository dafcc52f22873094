"""What a trained network gets right and wrong, as text, page and W&B run."""
