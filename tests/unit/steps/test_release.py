"""What needs no outcome is judged as soon as its hour is sealed: errors at once, the shadow at all."""

import shutil
from dataclasses import replace
from datetime import timedelta

import log_kit
import pytest
from log_kit import set_clock, step
from slipway.data import catalog, features, log, rollup
from slipway.domain.errors import ApprovalRefused, BadConfig, BadInput, NotComputable
from slipway.domain.release import Candidate, LineState, Origin, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import gates_for, judge
from slipway.registry.rest import RegistryRefused, RegistryUnavailable
from slipway.release import machine
from slipway.settings import EventClock, settings
from slipway.steps import context, look, release, watch_look

DAY = 24 * 60
EVERY = 5


HISTORY = (
    step(1, Stage.OFFERED, 0),
    step(2, Stage.SHADOW, 1),
    step(3, Stage.CANARY_1, DAY, 0.01),
)


def failing(minutes):
    """Requests of a 1 % canary that answers none of its own; a champion that answers all."""
    return [
        log_kit.Shown(
            f"r{minute:05d}-{k}",
            minute=float(minute),
            user=f"u{k}-{minute % 40}",
            epoch=3,
            stage="canary_1",
            arm="candidate" if k == 0 and minute % 10 == 2 else "champion",
            fallback=k == 0 and minute % 10 == 2,
        )
        for minute in minutes
        for k in range(4)
    ]


def looked():
    """One run of the reconciler up to its decision, and the look that it was taken on."""
    seen = release.observe("feed")
    verdicts = [release.compare(seen, gate) for gate in seen["gates"]]
    return seen, release.decide(seen, verdicts)


def test_a_canary_that_fails_on_every_request_is_returned_within_the_hour_that_is_sealed(home):
    """On the real line, log, rollups, gates and machine: no later than 75 minutes after the first failure."""
    for line in HISTORY:
        context.ledger().append(line)
    log_kit.write(home, failing(range(DAY, DAY + 60)))
    set_clock(home, DAY + 65)
    assert looked()[1] is None
    set_clock(home, DAY + 70)
    seen, decided = looked()
    assert decided["to_stage"] == Stage.RETURNED
    assert "errors: 6 of 6 requests fell back" in decided["reason"]
    assert DAY + 70 + EVERY - (DAY + 2) <= 75

    assert looked() == (seen, decided)  # a retry sees and decides the same
    for folder in ("rollups", "looks"):
        shutil.rmtree(home / folder, ignore_errors=True)
    for path in context.folder("feed", "evidence").iterdir():
        path.unlink()
    assert looked() == (seen, decided)  # and so does a replay from the log alone


def test_harm_is_returned_though_a_released_champion_has_lost_its_comparison(home, caplog):
    """A ledger whose verdict of an earlier release has no link costs the chain's gate alone its number."""
    creep = Verdict("margin_creep", Conclusion.PASS, "fine")  # and no evidence in it
    before = Candidate("1", "e", "eve", Origin.MANUAL, log_kit.T0, Stage.APPROVAL, log_kit.T0)
    past = [
        Transition("feed", 1, log_kit.T0, "t", None, stage, 0.0, "r", replace(before, stage=stage), of, said)
        for stage, of, said in ((Stage.APPROVAL, None, (creep,)), (Stage.CHAMPION, "1", ()))
    ]  # fmt: skip
    for epoch, line in enumerate((*past, *HISTORY), start=1):
        context.ledger().append(replace(line, epoch=epoch))
    log_kit.write(home, [replace(row, epoch=5) for row in failing(range(DAY, DAY + 60))])
    set_clock(home, DAY + 70)
    seen = release.observe("feed")
    with pytest.raises(NotComputable, match="without its comparison in the ledger"):
        release.compare(seen, "margin_creep")
    others = [release.compare(seen, gate) for gate in seen["gates"] if gate != "margin_creep"]
    assert release.decide(seen, others)["to_stage"] == Stage.RETURNED
    assert "verdict margin_creep of a released champion" in caplog.text


@pytest.mark.parametrize(
    "text", ["[feed\n", "[feed]\nmargin = 2\n", None], ids=["no TOML", "a knob", "gone"]
)
def test_harm_is_judged_by_the_policy_that_was_last_understood(home, monkeypatch, tmp_path, text):
    """A spoiled policy file keeps nobody's harm from being returned; the look promotes nothing, and says why."""
    file = tmp_path / "policy.toml"
    file.write_text("[feed]\nmargin = 0.05\n")
    monkeypatch.setenv("SLIPWAY_POLICY", str(file))
    settings.cache_clear()
    for line in HISTORY:
        context.ledger().append(line)
    log_kit.write(home, failing(range(DAY, DAY + 60)))
    set_clock(home, DAY + 65)
    assert looked()[1] is None  # and here it is understood
    file.unlink() if text is None else file.write_text(text)
    set_clock(home, DAY + 70)
    seen, decided = looked()
    assert decided["to_stage"] == Stage.RETURNED
    assert "SLIPWAY_POLICY" in seen["trouble"] or "margin" in seen["trouble"]
    fine = [v | {"conclusion": "PASS"} for v in decided["verdicts"]]
    with pytest.raises(NotComputable, match="the policy that was last understood goes on"):
        release.decide(seen, fine)


@pytest.mark.parametrize("days", [28, 90])
def test_a_line_whose_labels_take_weeks_passes_its_shadow(home, days):
    """The shadow needs requests, errors and latency: no label is waited for."""
    policy = replace(log_kit.LINE.policy, timeout_days=4.0 * days, shadow_min_requests=200)
    line = log_kit.with_window(log_kit.LINE, timedelta(days=days), policy=policy)
    shown = [
        log_kit.Shown(
            f"r{k:05d}",
            minute=5.0 * k + 2,
            epoch=2,
            stage="shadow",
            shadow_version="2",
            shadow_latency_ms=1.0,
            shadow_ok=True,
        )
        for k in range(12 * 26)
    ]
    log_kit.write(home, shown)
    now = log_kit.at(DAY + 130)
    rollup.update(home, line, now=now)
    assert rollup.matured(home, line).end <= log_kit.T0  # nothing of it has matured
    candidate = HISTORY[1].candidate
    live = look.measure(line, candidate, HISTORY[:2], has_champion=True, now=now)
    verdict = judge("shadow", live, policy)
    state = LineState("feed", epoch=2, champion="1", candidate=candidate)
    decided = machine.decide(state, [verdict], policy, now)
    assert isinstance(decided, machine.Advance), decided
    assert decided.to_stage is Stage.CANARY_1


def test_a_champion_that_fails_is_seen_by_its_watch_before_any_outcome(home):
    """After full release errors and who came are known at once, too."""
    start = step(4, Stage.CHAMPION, DAY, 0.0)
    rows = [
        log_kit.Shown(f"r{k}", minute=DAY + 1.0 + k, epoch=4, user=f"u{k % 7}", fallback=True)
        for k in range(40)
    ]
    log_kit.write(home, rows)
    now = log_kit.at(DAY + 70)
    line = log_kit.with_window(log_kit.LINE, timedelta(hours=6))
    rollup.update(home, line, now=now)
    live = watch_look.measure(line, start.candidate, [*HISTORY, start], now=now)
    assert judge("errors", live, line.policy).conclusion.name == "FAIL"
    assert sum(live.arrivals[0].users) == 7
    assert not live.requests.any()


def in_approval(home):
    """A candidate that waits for its reviewer at half of the users."""
    for line in (*HISTORY, step(4, Stage.APPROVAL, 2 * DAY, 0.5)):
        context.ledger().append(line)
    set_clock(home, 2 * DAY + 60)
    state = context.ledger().state("feed")
    return {"line": "feed", "epoch": state.epoch, "now": context.now().isoformat()}


def panel(conclusion):
    """The whole panel of a stage in approval, one gate of which concludes this."""
    gates = gates_for(Stage.APPROVAL, has_champion=False, policy=log_kit.LINE.policy)
    said = [Verdict(gate, Conclusion.PASS, "fine").to_dict() for gate in gates]
    said[0]["conclusion"] = conclusion.name
    return said


NO_REVIEW = [
    BadInput("evidence", found=None, expected="files", next_step="x"),
    BadConfig("SLIPWAY_PUBLIC_KEY", found=None, expected="32 bytes", next_step="x"),
    ApprovalRefused("review", found="forged", expected="signed", next_step="x"),
    RegistryUnavailable("MLflow", found="503", expected="an answer", next_step="x"),
    RegistryRefused(403, "", "no"),
    FileNotFoundError("review.pub"),
    KeyError("seal"),
]


@pytest.fixture
def no_review(monkeypatch):
    """Lets every question for a review end in an error; counts them."""

    def registry(error):
        asked = []

        class Away:
            def reviews(self, *of):
                asked.append(of)
                raise error

        monkeypatch.setattr(context, "registry", Away)
        return asked

    return registry


@pytest.mark.parametrize("error", NO_REVIEW, ids=lambda e: type(e).__name__)
def test_harm_in_approval_is_returned_before_any_review_is_read(home, no_review, error):
    """Whatever is missing of the review: a failed panel takes the candidate off, and asks for none."""
    seen, asked = in_approval(home), no_review(error)
    decided = release.decide(seen, panel(Conclusion.FAIL))
    assert decided["to_stage"] == Stage.RETURNED
    assert asked == []


@pytest.mark.parametrize("error", NO_REVIEW, ids=lambda e: type(e).__name__)
def test_a_review_that_cannot_be_read_is_no_review(home, no_review, error, caplog):
    """Nothing is promoted and no look is lost; the reason of what follows says why."""
    seen, asked = in_approval(home), no_review(error)
    assert release.decide(seen, panel(Conclusion.PASS)) is None
    assert len(asked) == 1
    why = " ".join(str(error).split())
    assert why in caplog.text
    set_clock(home, 400 * DAY)
    late = seen | {"now": context.now().isoformat()}
    timed_out = release.decide(late, panel(Conclusion.PASS))
    assert timed_out["to_stage"] == Stage.TIMED_OUT
    assert why in timed_out["reason"]


def test_harm_is_returned_after_the_clock_went_back(home):
    """The look is taken at the last step's time; it returns, is never older than it, and promotes nothing."""
    for line in HISTORY:
        context.ledger().append(line)
    log_kit.write(home, failing(range(DAY, DAY + 60)))
    set_clock(home, DAY + 70)
    release.observe("feed")  # rolls up what arrived
    set_clock(home, DAY - 60)
    _, decided = looked()
    assert decided["to_stage"] == Stage.RETURNED
    assert decided["at"] >= HISTORY[-1].at.isoformat()


def test_a_clock_behind_what_was_seen_promotes_nothing(home):
    """Hours that were counted do not count for a second time: a clear error, and no step."""
    for line in HISTORY:
        context.ledger().append(line)
    log_kit.write(
        home, [replace(row, arm="champion", fallback=False) for row in failing(range(DAY, 3 * DAY))]
    )
    set_clock(home, 3 * DAY)
    assert looked()[1] is None
    set_clock(home, DAY + 60)
    seen = release.observe("feed")
    with pytest.raises(NotComputable, match="the clock went back"):
        release.decide(seen, [release.compare(seen, gate) for gate in seen["gates"]])


def test_a_midnight_that_is_not_sealed_yet_leaves_no_look_red(home):
    """Just after midnight a writer still holds its last rows: features wait for the next look, and nothing fails."""
    catalog.write(home, log_kit.LINE, log_kit.catalogue())
    log_kit.write(home, [log_kit.Shown("a", minute=60.0)])
    midnight = 18 * 60  # minutes after the log's 06:00
    writer = log.LogWriter(
        home, log_kit.LINE, "w", EventClock(0.0, log_kit.at(midnight - 1).timestamp(), 0.0)
    )
    writer.append_exposure(
        {
            "request_id": "b", "user": "v", "requested_at": log_kit.at(midnight - 1), "arm": "champion",
            "version": "2", "stage": "", "epoch": 3, "latency_ms": 1.0, "fallback": False,
            "features_as_of": log_kit.T0, "items": ["film-0"], "positions": [1], "propensities": [1.0],
            "scores": [0.0], "features": [[0.0] * len(log_kit.FEATURES)],
        }
    )  # fmt: skip
    line, now = context.line_of("feed"), log_kit.at(midnight + 5)
    assert look.refresh_error(line, now) == ""
    assert features.refresh_due(home, line, now) == log_kit.at(midnight)
    writer.close()
    assert look.refresh_error(line, now) == ""
    assert features.refresh_due(home, line, now) is None


def damaged_sums(home):
    """The matured sums are torn; those of requests stand."""
    for path in rollup.matured(home, log_kit.LINE).folder.rglob("*.parquet"):
        path.write_bytes(b"torn")


def test_harm_is_returned_where_features_cannot_be_made(home, monkeypatch):
    """Hours are rolled up all the same: errors are seen in them, and nothing advances."""
    for line in HISTORY:
        context.ledger().append(line)
    log_kit.write(home, failing(range(DAY, DAY + 60)))
    monkeypatch.setattr(look.features, "refresh_due", lambda *_: 1 / 0)
    set_clock(home, DAY + 65)
    seen = release.observe("feed")
    with pytest.raises(NotComputable, match="until then only harm is acted on"):
        release.decide(seen, [release.compare(seen, gate) for gate in seen["gates"]])
    set_clock(home, DAY + 70)
    _, decided = looked()
    assert decided["to_stage"] == Stage.RETURNED
    assert "errors: 6 of 6 requests fell back" in decided["reason"]


def test_harm_is_returned_where_the_matured_sums_are_torn(home):
    """Requests that have arrived are summed on their own: harm that needs no outcome is seen."""
    for line in HISTORY:
        context.ledger().append(line)
    log_kit.write(home, failing(range(DAY, DAY + 60)))
    now = DAY + 70 + int(context.line_of("feed").maturity.total_seconds()) // 60
    for minute in (DAY + 70, now):
        rollup.update(home, context.line_of("feed"), now=log_kit.at(minute))
    torn = list(rollup.matured(home, context.line_of("feed")).folder.rglob("*.parquet"))
    assert torn
    for path in torn:
        path.write_bytes(b"torn")
    set_clock(home, now)
    seen, decided = looked()
    assert "a whole Parquet file" in seen["trouble"]
    assert decided["to_stage"] == Stage.RETURNED
    assert "errors: 6 of 6 requests fell back" in decided["reason"]


@pytest.mark.parametrize("folder", ["looks", "evidence"])
def test_harm_is_returned_where_a_look_cannot_be_written(home, folder):
    """As on a full disk: what was measured is judged all the same, and what could not be kept is said."""
    for line in HISTORY:
        context.ledger().append(line)
    log_kit.write(home, failing(range(DAY, DAY + 60)))
    set_clock(home, DAY + 70)
    (context.folder("feed") / folder).write_text("in its place")
    seen, decided = looked()
    assert ("trouble" in seen) == (folder == "looks")  # evidence is made again by each look
    assert decided["to_stage"] == Stage.RETURNED


def test_a_champion_without_its_link_stops_one_gate_alone(home):
    """The ledger misses how a champion stood to the one before: harm is returned, no total is guessed."""
    who = replace(HISTORY[0].candidate, version="1")
    lost = Verdict("margin_creep", Conclusion.PASS, "proven")
    past = (
        replace(HISTORY[0], candidate=replace(who, stage=Stage.OFFERED)),
        replace(HISTORY[0], epoch=2, to_stage=Stage.APPROVAL, candidate=who, verdicts=(lost,)),
        replace(HISTORY[0], epoch=3, to_stage=Stage.CHAMPION, candidate=who, champion="1"),
        *(replace(line, epoch=line.epoch + 3) for line in HISTORY),
    )
    for line in past:
        context.ledger().append(line)
    log_kit.write(home, [replace(row, epoch=6) for row in failing(range(DAY, DAY + 60))])
    set_clock(home, DAY + 70)
    seen = release.observe("feed")
    assert look.load(seen["measurements"]).reference is None
    with pytest.raises(NotComputable, match="a link for every release"):
        judge("margin_creep", look.load(seen["measurements"]), log_kit.LINE.policy)
    verdicts = [release.compare(seen, gate) for gate in seen["gates"] if gate != "margin_creep"]
    assert release.decide(seen, verdicts)["to_stage"] == Stage.RETURNED
