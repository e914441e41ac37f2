"""One verb each: read, call pure code, write."""
