"""Films in a ranked list: the line, its rules, its features, and worlds to try them in."""
