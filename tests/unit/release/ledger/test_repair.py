"""A repair puts back what was verified, keeps what it replaces, loses no return and leaves a sound ledger."""

import json
from dataclasses import replace

import ledger_kit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_kit import NOW, after, again, by_hand, chain
from slipway.domain.errors import LedgerConflict
from slipway.domain.release import fold
from slipway.domain.stage import Stage
from slipway.release.ledger import Ledger
from slipway.release.ledger.check import Head, Witness, ledger_faults
from slipway.release.ledger.reading import read_all
from slipway.release.ledger.repair import RepairProposal, propose
from slipway.release.ledger.rows import LedgerRow
from slipway.release.ledger.shown_rows import ShownRelease
from slipway.release.ledger.verified_copy import CopiedLedger

STEPS = ledger_kit.steps()
ROWS = chain(STEPS)
SEEN = CopiedLedger(ROWS)


def proposed(rows, copied=SEEN, shown=None, records=()):
    """What is proposed for these rows."""
    head = Head(copied.rows[-1].epoch, copied.rows[-1].digest) if copied.rows else None
    faults = ledger_faults("feed", rows, Witness(head, copied=copied.rows))
    return propose("feed", rows, records, faults=faults, copied=copied, shown=shown, now=NOW)


def left(proposal):
    """Faults of the ledger once the proposal stands."""
    record = proposal.record(len(proposal.records) + 1, at=NOW, actor="ann", reason="decided")
    witness = Witness(repairs=(*proposal.records, record))
    return list(map(str, ledger_faults("feed", proposal.rows, witness)))


def said(rows):
    """What the rows say."""
    return tuple(reading.transition for reading in read_all(rows))


ROW_CHANGES = st.one_of(
    st.none(),  # the row is gone
    st.fixed_dictionaries(
        {},
        optional={
            "actor": st.text(max_size=3),
            "to_stage": st.sampled_from(["canary_50", "champion", "whatever"]),
            "share": st.floats(0, 1),
            "epoch": st.integers(1, 9),
            "body": st.sampled_from(["", "{}", "[", ROWS[0].body]),
            "digest": st.none() | st.just("0" * 64),
        },
    ),
)


@given(changes=st.lists(ROW_CHANGES, min_size=4, max_size=4), rechained=st.booleans())
def test_whatever_was_done_to_verified_rows_they_are_put_back(changes, rechained):
    """Every row that was verified stands again, bit for bit, and every other one is kept in the record."""
    rows = [
        replace(row, **change)
        for row, change in zip(ROWS, changes, strict=True)
        if change is not None
    ]
    rows = sorted({row.epoch: row for row in rows}.values(), key=lambda row: row.epoch)
    rows = list(again(rows)) if rechained else rows
    proposal = proposed(rows)
    assert proposal.rows[:4] == ROWS
    assert set(proposal.replaced) == set(rows) - set(proposal.rows)
    assert left(proposal) == []
    assert fold("feed", said(proposal.rows)).champion in (None, "7")
    assert all(row.epoch > 4 for row in proposal.rows[4:])


@given(seen=st.integers(0, 3), data=st.data())
def test_rows_that_were_never_verified_stay_as_far_as_they_can_be_read(seen, data):
    """Without a copy of them later rows are kept, mended or set aside, and the result is sound."""
    place = data.draw(st.integers(seen, 3))
    change = data.draw(ROW_CHANGES)
    rows = [*ROWS]
    rows[place : place + 1] = [] if change is None else [replace(rows[place], **change)]
    rows = sorted({row.epoch: row for row in rows}.values(), key=lambda row: row.epoch)
    proposal = proposed(rows, CopiedLedger(ROWS[:seen]))
    assert left(proposal) == []
    assert proposal.rows[:seen] == ROWS[:seen]
    assert set(proposal.replaced) == set(rows) - set(proposal.rows)


def test_columns_follow_the_body_and_a_broken_body_its_columns():
    """An epoch that ran ahead comes back to its place; a row whose body is gone keeps what its columns say."""
    ahead = [*ROWS[:3], replace(ROWS[3], epoch=10**6)]
    proposal = proposed(ahead, CopiedLedger(ROWS[:2]))
    assert said(proposal.rows) == STEPS
    assert "its columns are put right from its body (epoch)" in " ".join(proposal.words)
    broken = [*ROWS[:3], replace(ROWS[3], body="{")]
    proposal = proposed(broken, CopiedLedger(ROWS[:2]))
    state = fold("feed", said(proposal.rows))
    assert (state.candidate.version, state.candidate.stage) == ("7", Stage.CANARY_5)
    assert state.candidate.fingerprint == STEPS[0].candidate.fingerprint


def test_no_return_is_lost():
    """A return that was written on a restored copy stands after the repair, at an epoch of its own."""
    restored = chain([*STEPS[:2], after(STEPS[:2], Stage.RETURNED)])
    proposal = proposed(restored)
    assert proposal.rows[:4] == ROWS
    last = said(proposal.rows)[-1]
    assert (last.epoch, last.to_stage, last.candidate.version) == (5, Stage.RETURNED, "7")
    assert fold("feed", said(proposal.rows)).candidate is None
    assert left(proposal) == []


def test_a_newer_writers_words_are_accepted_by_a_person():
    """After a downgrade the rows stay as they are, and nothing is stopped for ever."""
    newer = again([*ROWS[:3], LedgerRow.of_body(STEPS[3].to_dict() | {"mood": "calm"})])
    proposal = proposed(newer, CopiedLedger(ROWS[:3]))
    assert proposal.rows == newer
    assert "Transition.mood" in " ".join(proposal.words)
    assert left(proposal) == []


def tags(stage, **words):
    """The registry's tags of a version."""
    return {"stage": stage, "author": "adam", "origin": "manual", **words}


SHOWN = ShownRelease(
    "feed",
    28,
    champion="9",
    previous_champion="8",
    versions={
        "7": tags("returned", reason="harm", fingerprint="7" * 64),
        "8": tags("champion", fingerprint="8" * 64),
        "9": tags("champion", interval_end="2026-03-02T00:00:00+00:00", fingerprint="9" * 64),
        "10": tags("canary_25", fingerprint="a" * 64),
        "11": tags("offered", fingerprint="b" * 64),
    },
)


@pytest.mark.parametrize("kept", [0, 2, 4])
def test_what_is_lost_with_its_copy_comes_from_the_registry(kept):
    """Leaders and endings are those that the registry shows; who cannot be judged any more is returned."""
    rows = ROWS[:kept]
    proposal = proposed(rows, CopiedLedger(), SHOWN)
    assert left(proposal) == []
    assert proposal.rows[:kept] == rows
    past = said(proposal.rows)
    state = fold("feed", past)
    assert (state.champion, state.previous_champion) == ("9", "8")
    assert (state.candidate, state.waiting) == (None, None)
    assert all(step.epoch > 28 for step in past[kept:])
    last = {step.candidate.version: step.to_stage for step in past}
    assert last == {
        "7": Stage.RETURNED,
        "8": Stage.CHAMPION,
        "9": Stage.CHAMPION,
        "10": Stage.RETURNED,
        "11": Stage.RETURNED,
    }


@pytest.mark.parametrize("kept", [0, 2, 4])
def test_a_standing_hold_back_is_kept(kept):
    """What is rebuilt of the registry holds back whom it shows held back, and without one nobody."""
    for share in (0.02, 0.0):
        proposal = proposed(ROWS[:kept], CopiedLedger(), replace(SHOWN, previous_share=share))
        state = fold("feed", said(proposal.rows))
        assert (state.champion, state.previous_champion) == ("9", "8")
        assert state.previous_share == share


def watched():
    """Version 8 leads and version 7 is held back; 9 is on its way: five rows after the first champion."""
    first = [*STEPS, after(STEPS, Stage.CHAMPION)]
    other = replace(STEPS[0].candidate, version="8", fingerprint="8" * 64)
    offered = after(first, Stage.OFFERED)
    past = [
        *first,
        replace(
            offered,
            candidate=replace(offered.candidate, version="8", fingerprint=other.fingerprint),
            from_stage=None,
        ),
    ]
    past.append(replace(after(past, Stage.CHAMPION), previous_share=0.02))
    third = replace(after(past, Stage.OFFERED), from_stage=None)
    past.append(
        replace(third, candidate=replace(third.candidate, version="9", fingerprint="9" * 64))
    )
    past.append(after(past, Stage.SHADOW))
    return past


@pytest.mark.parametrize("body", [None, "{"])
def test_no_damage_to_another_step_ends_a_hold_back(body):
    """A body that is gone leaves the hold-back before it as it was; one that ends it is not undone."""
    past = watched()
    rows = chain(past)
    broken = [*rows[:-1], replace(rows[-1], body=body or rows[-1].body)]
    state = fold("feed", said(proposed(broken, CopiedLedger(rows[:-1])).rows))
    assert (state.previous_champion, state.previous_share) == ("7", 0.02)
    ended = after(past[:-2], Stage.CHAMPION)
    rows = chain([*past[:-2], replace(ended, previous_share=0.0)])
    broken = [*rows[:-1], replace(rows[-1], body=body or rows[-1].body)]
    assert not fold("feed", said(proposed(broken, CopiedLedger(rows[:-1])).rows)).previous_share


@pytest.mark.parametrize("returned", ["9", "7"])
def test_a_return_beside_a_hold_back_is_kept_with_it(returned):
    """A return without a place is taken again: the candidate's keeps the hold-back, that of who is held back ends it."""
    past = watched()
    rows = chain(past)
    who = {step.candidate.version: step.candidate for step in past}[returned]
    lost = replace(
        after(past[:-1], Stage.RETURNED),
        candidate=replace(who, stage=Stage.RETURNED),
        champion="8",
        previous_share=0.0,
    )
    proposal = proposed(chain([*past[:-1], lost]), CopiedLedger(rows))
    state = fold("feed", said(proposal.rows))
    assert state.champion == "8"
    assert state.previous_share == (0.02 if returned == "9" else 0.0)
    assert left(proposal) == []


def test_a_proposal_is_a_file():
    """What is written as JSON is read back equal."""
    proposal = proposed(ROWS[:2])
    assert RepairProposal.from_dict(json.loads(json.dumps(proposal.to_dict()))) == proposal


@pytest.fixture
def damaged(url):
    """A ledger of each kind whose second row was edited and whose third is gone."""
    ledger = Ledger(url)
    for step in [*STEPS, replace(STEPS[0], line="other")]:
        ledger.append(step)
    by_hand(
        ledger,
        "UPDATE slipway_transitions SET reason = 'nicer' WHERE line = 'feed' AND epoch = 2",
        "DELETE FROM slipway_transitions WHERE line = 'feed' AND epoch = 3",
    )
    return ledger


def test_a_person_lets_a_proposal_stand(damaged):
    """The rows stand again, guards too; who decided, why and what was replaced is kept for good."""
    other = damaged.rows("other")
    edited = damaged.rows("feed")[1]
    damaged.repair(proposed(damaged.rows("feed")), at=NOW, actor="ann", reason="a slip")
    assert damaged.transitions("feed") == STEPS
    assert damaged.rows("other") == other
    (record,) = damaged.repairs("feed")
    assert (record.actor, record.reason) == ("ann", "a slip")
    assert [LedgerRow(**raw) for raw in json.loads(record.body)["replaced"]] == [edited]
    assert damaged.missing_guards() == ()
    witness = Witness(repairs=damaged.repairs("feed"))
    assert ledger_faults("feed", damaged.rows("feed"), witness) == []
    damaged.append(after(STEPS, Stage.RETURNED))


def test_a_proposal_for_other_rows_is_not_applied(damaged):
    """Where a step was taken meanwhile nothing is changed, and it says to propose again."""
    proposal = proposed(damaged.rows("feed"))
    damaged.append(after(STEPS, Stage.RETURNED))
    before = damaged.rows("feed")
    with pytest.raises(LedgerConflict, match="propose again"):
        damaged.repair(proposal, at=NOW, actor="ann", reason="a slip")
    assert damaged.rows("feed") == before
    assert damaged.repairs("feed") == ()
    assert damaged.missing_guards() == ()
