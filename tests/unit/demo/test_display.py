"""What a person sees of the demo is readable at any width, in a file, and says what is waited for."""

import io
import time

import pytest
from rich.console import Console
from slipway.demo import show
from slipway.demo.demo_candidates import Fate
from slipway.demo.display import CandidateRow, DemoDisplay, Plan, Step

ROWS = [
    CandidateRow("a good one", "5", "canary_25", "12 more event hours of evidence"),
    CandidateRow("better offline, 10 % worse live", "", "", ""),
]
STEPS = (Step("starting", 40), Step("the release", 80), Step("the end", 40))
FATE = Fate(
    "a good one", "5", "champion", "9 gates: PASS", "approved by rita", "http://127.0.0.1/x", True
)


def shown(width, *, terminal):
    """A display of two candidates, as printed."""
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False)
    display = DemoDisplay(console, Plan(STEPS, time.monotonic()))
    with display:
        display.say("version 5 offered")
        display.show("event time Mon 17 Feb", ROWS)
        if terminal:
            console.print(display)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width):
    """On a narrow terminal lines are cut, never folded into each other."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False, highlight=False)
    display = DemoDisplay(console, Plan(STEPS, time.monotonic()))
    display.head, display.rows = "event time Mon 17 Feb", ROWS
    console.print(display)
    lines = console.file.getvalue().splitlines()
    assert all(len(line) <= width for line in lines)
    assert len(lines) == 5
    assert "good" in lines[3]


def test_a_file_holds_plain_lines_with_what_is_waited_for():
    """Without a terminal there is no colour, no cursor, and each line stands for itself."""
    text = shown(80, terminal=False)
    assert "\x1b" not in text
    assert "canary_25, 12 more event hours of evidence" in text
    assert len(text.splitlines()) == 2


def test_the_same_facts_are_not_said_again_at_once():
    """A file does not fill with lines that say the same."""
    console = Console(file=io.StringIO(), width=80)
    display = DemoDisplay(console, Plan(STEPS, time.monotonic()))
    for _ in range(50):
        display.show("event time", ROWS)
    assert len(console.file.getvalue().splitlines()) == 1


def test_the_rest_is_estimated_from_how_fast_this_machine_was():
    """Twice as slow so far means twice as long for the rest."""
    plan = Plan(STEPS, began=0.0)
    plan.enter("the release", now=80.0)
    assert plan.left_s(80.0) == pytest.approx(2 * 120)
    assert plan.left_s(160.0) == pytest.approx(2 * 120 - 80)
    assert plan.left_s(10_000.0) > 0


@pytest.mark.parametrize("width", [50, 90, 160])
def test_the_last_word_on_each_candidate_fits(width):
    """Fates are a table where there is room, and a list where there is none; nothing is lost."""
    console = Console(file=io.StringIO(), width=width)
    console.print(show.fates([FATE], width, "Candidates"))
    text = console.file.getvalue()
    assert all(len(line) <= width for line in text.splitlines())
    for words in (
        "a good one",
        "champion",
        "9 gates: PASS",
        "approved by rita",
        "http://127.0.0.1/x",
    ):
        assert words in text
