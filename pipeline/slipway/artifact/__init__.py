"""One folder format per model: written by training, read by all who score. What is measured is served."""
