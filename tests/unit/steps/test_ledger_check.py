"""A damaged ledger is red and named at each look; it promotes nothing, and a return never waits."""

import json
import shutil
from contextlib import suppress

import ledger_kit
import pytest
from slipway.domain.errors import LedgerDamaged
from slipway.domain.release import fold
from slipway.domain.stage import Stage
from slipway.registry.projection import at_most, project
from slipway.registry.state import ReleaseState
from slipway.release.ledger.tables import TRANSITIONS
from slipway.release.orders import OrderFolder
from slipway.steps import (
    context,
    ledger_check,
    ledger_repair,
    publish,
    release,
    returns,
    rollback,
)

EDIT = f"UPDATE {TRANSITIONS.name} SET actor = 'nobody' WHERE epoch = 1"


class ShownRegistry:
    """The release tag of a registry, set by the same pure functions as MLflow's."""

    def __init__(self):
        self.shown = ReleaseState("feed")
        self.away = False
        self.versions = {}

    def all_tags(self, line):
        """What each version's tags say."""
        return self.versions

    def release_state(self, line):
        """What stands there; where it is a text, it is read as MLflow's tag is."""
        if self.away:
            raise ConnectionError("away")
        text = self.shown
        return text if isinstance(text, ReleaseState) else ReleaseState.from_text(text, line)

    def show_look(self, line, at, every_s):
        """That somebody looked, which these tests do not read."""

    def take_off(self, order):
        """Show less, where the ledger cannot say it."""
        self.shown = self.shown.without({order.version})

    def project(self, state, transitions, *, at_most=False):
        """Show the ledger's state, or what it takes away."""
        wanted = project(state, transitions, None).release
        less = at_most and globals()["at_most"](self.shown, wanted, transitions)
        self.shown = less if at_most else wanted
        return ()


@pytest.fixture
def registry(monkeypatch):
    """A registry that shows what it was told last."""
    found = ShownRegistry()
    monkeypatch.setattr(context, "registry", lambda: found)
    monkeypatch.setattr(publish, "attach_once", lambda *_: None)
    return found


@pytest.fixture
def past(home, registry):
    """Four steps that were taken one by one, each with its look."""
    found = ledger_kit.steps()
    for step in found:
        release.apply("feed", step.to_dict())
    assert registry.shown.share == 0.05
    return found


def forward(past):
    """The step that gives the candidate more users."""
    return ledger_kit.after(past, Stage.CANARY_25, 0.25).to_dict()


def back(past):
    """The step that returns the candidate."""
    return ledger_kit.after(past, Stage.RETURNED).to_dict()


def restore_older(home, past):
    """Put a copy of the ledger back from before its last two steps."""
    (home / "ledger.db").unlink()
    for step in past[:2]:
        context.ledger().append(step)


DAMAGES = {
    "edited": lambda home, past: ledger_kit.by_hand(context.ledger(), EDIT),
    "restored": restore_older,
    "gone": lambda home, past: (home / "ledger.db").unlink(),
    "gone with its copy": lambda home, past: (
        (home / "ledger.db").unlink(),
        shutil.rmtree(home / "ledger"),
    ),
    "guards": lambda home, past: sqlite(home, "DROP TRIGGER slipway_no_update"),
    "copy": lambda home, past: (home / "ledger" / "feed.0.jsonl").write_text("{}\n"),
}


def sqlite(home, statement):
    with context.ledger().database.writing() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_look_at_a_damaged_ledger_is_red_and_named(home, past, damage):
    """Whatever was done to it, the look ends with one line that names it, and says the way out."""
    DAMAGES[damage](home, past)
    for _ in range(2):
        with pytest.raises(LedgerDamaged, match=r"ledger of feed.*slipway ledger repair feed"):
            release.apply("feed", None)
    assert ledger_check.on_board("feed")
    with pytest.raises(LedgerDamaged):
        ledger_check.check_sound("feed")


@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_is_promoted_on_a_damaged_ledger(home, past, registry, damage):
    """A step that gives the candidate more is neither written nor shown."""
    DAMAGES[damage](home, past)
    before = len(context.ledger().rows("feed"))
    with pytest.raises(LedgerDamaged):
        release.apply("feed", forward(past))
    assert len(context.ledger().rows("feed")) == before
    assert registry.shown.share <= 0.05


@pytest.mark.parametrize(
    "damage", sorted(set(DAMAGES) - {"restored", "gone", "gone with its copy"})
)
def test_a_return_is_taken_on_a_damaged_ledger(home, past, registry, damage):
    """Proven harm is written and shown at once; the look is red afterwards."""
    DAMAGES[damage](home, past)
    with pytest.raises(LedgerDamaged):
        release.apply("feed", back(past))
    assert registry.shown.candidate is None
    assert context.ledger().state("feed").candidate is None


def test_a_return_waits_for_no_registry(home, past, registry):
    """Where the registry cannot be asked, a return is written; a promotion is not."""
    registry.away = True
    with pytest.raises(ConnectionError):
        release.apply("feed", forward(past))
    with pytest.raises(returns.ReturnIncomplete, match="reached folder and ledger; not reached"):
        release.apply("feed", back(past))
    assert context.ledger().state("feed").candidate is None


@pytest.mark.parametrize("damage", ["gone", "gone with its copy", "restored"])
def test_a_lost_ledger_takes_its_candidate_away(home, past, registry, damage):
    """Whom no look can judge any more answers nobody; the champion stays."""
    registry.shown = ReleaseState("feed", 4, "canary_5", 0.05, "3", "7", None, "2")
    DAMAGES[damage](home, past)
    with pytest.raises(LedgerDamaged):
        release.apply("feed", None)
    assert (registry.shown.champion, registry.shown.share) == ("3", 0.0)


def test_a_restored_ledger_takes_away_whom_it_does_not_know(home, past, registry):
    """A candidate that no look judges any more loses its users, and the epoch does not go back."""
    restore_older(home, past)
    registry.shown = ReleaseState("feed", 9, "canary_50", 0.5, "3", "8", None, "2")
    with pytest.raises(LedgerDamaged, match="registry shows epoch 9"):
        release.apply("feed", None)
    assert registry.shown == ReleaseState("feed", 9, "", 0.0, "3", None, None, "2")


def test_what_may_be_shown_of_a_damaged_ledger_is_never_more(past):
    """Of what stands only parts go: a champion only where its release ended badly."""
    shown = ReleaseState("feed", 4, "canary_5", 0.05, "3", "7", "1", "2")
    promoted = [*past, ledger_kit.after(past, Stage.CHAMPION, 0.9)]
    wanted = project(fold("feed", promoted), promoted, "1").release
    assert wanted.champion == "7"
    assert at_most(shown, wanted, promoted).champion == "3"
    ended = [*promoted, ledger_kit.after(promoted, Stage.RETURNED)]
    leads = ReleaseState("feed", 5, "", 0.0, "7", None, "1", "2")
    wanted = project(fold("feed", ended), ended, "1").release
    assert at_most(leads, wanted, ended) == ReleaseState("feed", 6, "", 0.0, "2", None, "1", None)


@pytest.mark.parametrize("shown", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("wanted", [0.0, 0.02, 0.05])
def test_a_hold_back_of_a_damaged_ledger_is_never_more(shown, wanted):
    """It may become smaller beside the same two champions and goes with either; it never comes or grows."""
    one = ReleaseState("feed", 4, "", 0.0, "3", None, "1", "2", shown)
    other = ReleaseState("feed", 4, "", 0.0, "3", None, "1", "2", wanted)
    assert at_most(one, other, ()).previous_share == min(shown, wanted)
    newer = ReleaseState("feed", 4, "", 0.0, "4", None, "1", "3", wanted)
    assert at_most(one, newer, ()).previous_share == 0


def test_the_copy_follows_each_look_and_a_full_disk_is_red(home, past, monkeypatch):
    """Every verified row is in the copy after its look; a copy that cannot be written is a fault."""
    assert [row.epoch for row in ledger_check.copy_of("feed").load().rows] == [1, 2, 3, 4]

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger_check.VerifiedCopy, "extend", full)
    with pytest.raises(LedgerDamaged, match="No space left on device"):
        release.apply("feed", None)


def test_a_page_remembers_what_only_the_registry_knows(home, past, registry):
    """The board does not ask the registry: it shows what the last look saw there."""
    registry.shown = ReleaseState("feed", 9)
    with pytest.raises(LedgerDamaged):
        release.apply("feed", None)
    registry.away = True
    assert "the registry shows epoch 9, the ledger ends at 4" in ledger_check.on_board("feed")[0]
    noted = json.loads((home / "ledger" / "feed.0.look.json").read_text())
    assert noted["faults"][0]["kind"] == "registry ahead"


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_damage_stops_a_line_for_ever(home, past, registry, damage):
    """What is proposed is let stand by a person, and the next look is green and goes on."""
    DAMAGES[damage](home, past)
    with pytest.raises(LedgerDamaged):
        release.apply("feed", None)
    registry.versions = {"7": {"stage": "canary_5", "fingerprint": "f" * 64}}
    found = ledger_repair.read(ledger_repair.write(ledger_repair.proposal("feed")))
    ledger_repair.apply(found, name="ann", reason="the disk was changed")
    assert release.apply("feed", None)["epoch"] >= 4
    assert ledger_check.on_board("feed") == []
    assert ledger_repair.proposal("feed") is None
    steps = context.ledger().transitions("feed")
    if damage == "gone with its copy":
        assert steps[-1].to_stage is Stage.RETURNED
    else:
        assert steps == past
    release.apply("feed", ledger_kit.after(steps, Stage.RETURNED).to_dict())
    assert ledger_check.copy_of("feed").load().repairs[0].reason == "the disk was changed"


def test_a_ledger_restored_from_before_its_repair_is_named(home, past, registry):
    """The copy knows of the repair: an older ledger is red, and comes back with its record."""
    old = (home / "ledger.db").read_bytes()
    DAMAGES["edited"](home, past)
    ledger_repair.apply(ledger_repair.proposal("feed"), name="ann", reason="a slip")
    (home / "ledger.db").write_bytes(old)
    with pytest.raises(LedgerDamaged, match="repair 1 was seen here and is gone"):
        release.apply("feed", None)
    ledger_repair.apply(ledger_repair.proposal("feed"), name="ann", reason="again")
    assert [record.reason for record in context.ledger().repairs("feed")] == ["a slip", "again"]
    release.apply("feed", None)


def test_a_repair_that_was_killed_before_its_copy_is_finished_by_the_next_look(
    home, past, registry
):
    """The ledger says that it was repaired: the copy of what stands now begins by itself."""
    DAMAGES["edited"](home, past)
    found = ledger_repair.proposal("feed")
    context.ledger().repair(found, at=past[-1].at, actor="ann", reason="a slip")
    assert ledger_check.copy_of("feed").edition == 0
    release.apply("feed", None)
    assert ledger_check.copy_of("feed").edition == 1
    assert ledger_check.find("feed", whole=True) == []


def test_new_rules_are_shown_beside_a_damaged_ledger_and_nothing_else(home, past, registry):
    """What registers rules brings the registry in step: an edited row is not shown by that either."""
    edit = "UPDATE slipway_transitions SET body = replace(body, '0.05', '0.5') WHERE epoch = 4"
    ledger_kit.by_hand(context.ledger(), edit)
    assert context.ledger().transitions("feed")[-1].share == 0.5
    ledger_check.show("feed")
    assert registry.shown.share == 0.05


def test_a_copy_that_cannot_be_read_is_a_fault_and_no_error(home, past, registry):
    """Where the copy's place is no file, the look is red and a return is taken all the same."""
    (home / "ledger" / "feed.0.jsonl").unlink()
    (home / "ledger" / "feed.1.jsonl").mkdir()
    found = ledger_check.find("feed")
    assert "copy" in {fault.kind for fault in found}
    with pytest.raises(LedgerDamaged, match="copy"):
        release.apply("feed", back(past))
    assert registry.shown.candidate is None


NO_STATE = [
    ReleaseState("feed", 4, "canary_5", 0.05, candidate="7")
    .to_text()
    .replace(": 4", f": {10**30}"),
    "no state at all",
]


@pytest.mark.parametrize("text", NO_STATE, ids=["an absurd epoch", "no state"])
def test_a_tag_that_nobody_understands_is_named_and_shown_again(home, past, registry, text):
    """It is the registry's fault alone: the look is red, promotes nothing, and the next one is green."""
    registry.shown = text
    with pytest.raises(LedgerDamaged, match=r"feed: tag: .*the ledger's own state is shown again"):
        release.apply("feed", forward(past))
    assert len(context.ledger().rows("feed")) == len(past)
    assert (registry.shown.epoch, registry.shown.share) == (4, 0.05)
    assert release.apply("feed", forward(past))["moved"]


@pytest.mark.parametrize("text", NO_STATE, ids=["an absurd epoch", "no state"])
def test_a_return_waits_for_no_tag(home, past, registry, text):
    """Whatever stands there: the return is written and shown at once."""
    registry.shown = text
    release.apply("feed", back(past))
    assert registry.shown.candidate is None
    assert context.ledger().state("feed").candidate is None


@pytest.mark.parametrize("epoch", ["1e30", "2000000", "'one'"])
def test_an_absurd_epoch_of_a_row_is_named_and_its_candidate_returned(home, past, registry, epoch):
    """No look ends without the ledger's name; harm and a person's word go by the ways that are left."""
    ledger_kit.by_hand(
        context.ledger(), f"UPDATE {TRANSITIONS.name} SET epoch = {epoch} WHERE epoch = 4"
    )
    with pytest.raises(LedgerDamaged, match=r"ledger of feed"):
        release.apply("feed", None)
    assert ledger_check.on_board("feed")
    with suppress(returns.ReturnIncomplete):
        rollback.roll_back("feed", "wrong films", actor="ops")
    orders, _ = OrderFolder(home).read("feed")
    assert [order.version for order in orders] == ["7"]
    assert registry.shown.candidate is None
