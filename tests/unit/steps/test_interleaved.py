"""The interleaved stage on the real line: log, measurement, gate, machine and ledger."""

from dataclasses import replace

import log_kit
import numpy as np
import pytest
from log_kit import set_clock, step
from slipway.domain.errors import NotComputable
from slipway.domain.interleaved import DraftedList, DraftState
from slipway.domain.stage import Stage
from slipway.registry.projection import project
from slipway.settings import settings
from slipway.steps import context, release

DAY = 24 * 60
HOURS = 3
BOTH = DraftedList(DraftState.DRAFTED, (False, True), (1.2, 0.4), (0.4, 1.2)).to_text()


HISTORY = (
    step(1, Stage.OFFERED, 0),
    step(2, Stage.SHADOW, 1),
    step(3, Stage.INTERLEAVED, DAY, 0.05),
)


@pytest.fixture
def staged(home, monkeypatch, tmp_path):
    """Version 2 is in the interleaved stage, which wants three hours and 300 lists."""
    file = tmp_path / "policy.toml"
    file.write_text(
        f"[feed]\ninterleave_share = 0.05\ninterleave_hours = {HOURS}\ninterleave_lists = 300\n"
    )
    monkeypatch.setenv("SLIPWAY_POLICY", str(file))
    settings.cache_clear()
    for line in HISTORY:
        context.ledger().append(line)
    set_clock(home, DAY + 24 * 60)
    return home


def lists(home, chances, *, drafted=BOTH, minutes=HOURS * 60, seed=1, beside=()):
    """Three lists a minute of two items each, clicked with ``chances``; users come five times."""
    rng = np.random.default_rng(seed)
    shown, clicks = [], []
    for k in range(3 * minutes):
        minute = DAY + k / 3
        top = log_kit.Shown(
            f"r{k:05d}",
            minute=minute,
            user=f"u{rng.integers(3 * minutes // 5)}",
            arm="interleaved",
            stage="interleaved",
            epoch=3,
            drafted=drafted,
        )
        both = (top, replace(top, item="film-1", position=2))
        shown += both
        clicks += [
            log_kit.Click(row.request, row.item, minute=minute + 1)
            for row, chance in zip(both, chances, strict=True)
            if rng.random() < chance
        ]
    log_kit.write(home, [*shown, *beside], clicks)


def looked():
    """The look, its one verdict and what it leads to."""
    seen = release.observe("feed")
    assert seen["gates"] == ["interleaving"]
    verdict = release.compare(seen, "interleaving")
    return verdict, release.decide(seen, [verdict])


def test_who_is_liked_less_is_returned(staged):
    """Clicks go to the control's item: the candidate is returned, and the ledger says on what."""
    lists(staged, (0.5, 0.1))
    verdict, decided = looked()
    assert decided["to_stage"] == Stage.RETURNED
    assert verdict["conclusion"] == "FAIL"
    assert "worse than 1, at 20 to 1" in decided["reason"]
    assert "lists of both models" in decided["reason"]
    assert looked()[1] == decided  # and a look again sees the same


@pytest.mark.parametrize("drafted", [BOTH, DraftedList(DraftState.EQUAL).to_text()])
def test_who_is_liked_as_much_goes_on_to_the_first_canary(staged, drafted):
    """After hours and lists enough the 1 % begins, with its own share, whose lists were equal among them."""
    lists(staged, (0.3, 0.3), drafted=drafted)
    verdict, decided = looked()
    assert decided["to_stage"] == Stage.CANARY_1
    assert decided["share"] == 0.01
    assert ("are equal" in verdict["reason"]) == ("equal" in drafted)


def test_nothing_seen_and_too_little_seen_move_nobody(staged):
    """No list, and lists of one hour alone, hold the candidate where it is."""
    verdict, decided = looked()
    assert (verdict["conclusion"], decided) == ("UNDECIDED", None)
    lists(staged, (0.3, 0.3), minutes=60)
    verdict, decided = looked()
    assert (verdict["conclusion"], decided) == ("UNDECIDED", None)
    assert "needs 300 lists and 3 hours" in verdict["reason"]


def test_a_candidate_that_errs_is_returned(staged):
    """Lists that lack it count for no preference, and against it as errors."""
    lists(staged, (0.3, 0.3), drafted=DraftedList(DraftState.FAILED).to_text())
    verdict, decided = looked()
    assert decided["to_stage"] == Stage.RETURNED
    assert "erred or was late too often" in verdict["reason"]


def test_lists_that_are_not_of_both_are_counted_and_prove_nothing(staged):
    """Where nothing was interleaved nobody goes on."""
    lists(staged, (0.3, 0.3), drafted=DraftedList(DraftState.UNFIT).to_text())
    assert looked()[0]["conclusion"] == "UNDECIDED"


@pytest.mark.parametrize(
    "drafted", [None, "{}", "[" * 100_000, DraftedList(DraftState.DRAFTED).to_text()]
)
def test_a_list_that_the_router_did_not_write_is_an_error(staged, drafted):
    """It is named, the look is red, and nobody goes on beside it."""
    strange = log_kit.Shown(
        "strange",
        minute=DAY + 7.0,
        user="stranger",
        arm="interleaved",
        stage="interleaved",
        epoch=3,
        drafted=drafted,
    )
    lists(staged, (0.3, 0.3), beside=[strange])
    seen = release.observe("feed")
    verdict = release.compare(seen, "interleaving")
    assert verdict["conclusion"] == "UNDECIDED"
    assert "1 lists of the log cannot be read" in verdict["reason"]
    with pytest.raises(NotComputable, match="a drafted list of the log cannot be read"):
        release.decide(seen, [verdict])


@pytest.mark.parametrize("drafted", ["{}", BOTH.replace("1.2", "NaN")])
def test_harm_is_returned_beside_a_list_that_cannot_be_read(staged, drafted):
    """One strange row of the log keeps nobody's users on a candidate that they like less."""
    strange = log_kit.Shown(
        "strange",
        minute=DAY + 7.0,
        user="stranger",
        arm="interleaved",
        stage="interleaved",
        epoch=3,
        drafted=drafted,
    )
    lists(staged, (0.5, 0.1), beside=[strange])
    assert looked()[1]["to_stage"] == Stage.RETURNED


def test_a_log_that_cannot_be_read_is_said_and_ends_no_look(staged):
    """The gate that needs it has no verdict; the look goes on with the others, and ends red."""
    lists(staged, (0.3, 0.3))
    for part in (staged / "log" / "exposures").rglob("*.parquet"):
        part.write_bytes(b"PAR1 and nothing")
    seen = release.observe("feed")
    with pytest.raises(NotComputable, match="interleaving of feed"):
        release.compare(seen, "interleaving")
    with pytest.raises(NotComputable, match="look at feed"):
        release.decide(seen, [])


def test_a_policy_that_lost_the_stage_lets_its_candidate_go_on(staged, tmp_path):
    """Switched off in mid-stage, the stage is left for the next one as soon as its gate passes."""
    lists(staged, (0.3, 0.3))
    (tmp_path / "policy.toml").write_text("[feed]\ninterleave_hours = 3\ninterleave_lists = 300\n")
    assert looked()[1]["to_stage"] == Stage.CANARY_1


def test_the_router_is_shown_stage_and_share(staged):
    """The registry's picture has the candidate with the share of the stage, before and after a return."""
    ledger = context.ledger()
    shown = project(ledger.state("feed"), ledger.transitions("feed"), None).release
    assert (shown.stage, shown.share, shown.candidate) == ("interleaved", 0.05, "2")
