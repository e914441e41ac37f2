"""Counts in words: the one place that knows when a noun is many."""


def counted(number: float, noun: str) -> str:
    """A count with its noun; a regular plural unless the number is 1.

    >>> counted(1, "day"), counted(2.5, "day"), counted(0, "row"), counted(12345, "row")
    ('1 day', '2.5 days', '0 rows', '12,345 rows')
    """
    text = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{text} {noun}" if number == 1 else f"{text} {noun}s"
