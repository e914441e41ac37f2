"""The ML Test Score of a line: 28 items, each computed from evidence or confirmed by hand. Pure."""
