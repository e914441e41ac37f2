"""What is printed beside the addresses of a stack."""

from rich.console import Console
from slipway.demo import show
from slipway.stack.stack import Addresses


def test_who_starts_a_stack_is_told_that_they_can_sign():
    """Key, words and tasks of the embedded stack are one user's: it is said where the words are."""
    console = Console(record=True, width=200)
    show.pages(console, Addresses("a", "m", "r", {"admin": "x"}, {"rita": "y"}))
    said = " ".join(console.export_text().split())
    assert "one user of the operating system, who can sign any approval" in said
