"""Numbers in, named tuples out: no table, no clock, no randomness of its own."""
