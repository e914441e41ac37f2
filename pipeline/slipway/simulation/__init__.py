"""A world that emits the same two raw rows as a real shop."""
