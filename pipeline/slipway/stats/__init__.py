"""Numbers in, named tuples out: no table, no domain word; undefined inputs raise ValueError."""
