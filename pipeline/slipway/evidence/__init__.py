"""What is known of a release: comparisons, their evidence, and how an hour adds to it. Pure."""
