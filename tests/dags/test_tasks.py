"""What a task does with an expected error, and what it believes of its run."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import people_kit
import pytest
import run_kit
import slipway_tasks as tasks
import slipway_verbs
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.utils.types import DagRunType
from slipway.domain import errors
from slipway.domain.people import FourEyes, four_eyes
from slipway.domain.release import Origin
from slipway.domain.verdict import Conclusion, Verdict
from slipway.registry.rest import RegistryUnavailable
from slipway.steps import context, release
from slipway_approval import ApprovalMirror

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
VERDICTS = [Verdict("log_loss", Conclusion.PASS, "better by 3 %").to_dict()]


def run(kind=DagRunType.SCHEDULED, **changed):
    """A run as Airflow hands it to a task."""
    facts = {
        "run_type": kind,
        "clear_number": 0,
        "triggering_user_name": None,
        "data_interval_start": MONDAY,
        "data_interval_end": MONDAY + timedelta(weeks=1),
    }
    return SimpleNamespace(**facts | changed)


def error(kind):
    """An error of that class with all four parts."""
    return kind("rows", found=0, expected="some", next_step="wait for traffic")


def raising(problem):
    """A step that ends with ``problem``."""

    def step():
        raise problem

    return tasks.readable(step)


@pytest.mark.parametrize(
    "kind",
    [errors.BadInput, errors.BadConfig, errors.ValidationFailed, errors.NotComputable],
)
def test_an_expected_error_ends_the_task_at_once(kind, caplog):
    """No retry can mend bad data: the task is red, and its log begins with the one line."""
    with caplog.at_level(logging.ERROR), pytest.raises(AirflowFailException) as failure:
        raising(error(kind))()
    line = str(error(kind))
    assert "rows" in line
    assert line.endswith("wait for traffic")
    assert str(failure.value) == line
    assert caplog.messages[0] == line


@pytest.mark.parametrize("kind", [errors.LogIncomplete, errors.LedgerConflict, RegistryUnavailable])
def test_an_error_that_passes_is_retried(kind):
    """Rows on their way, a lost race and a registry that restarts are worth another try."""
    with pytest.raises(kind):
        raising(error(kind))()


def test_an_ineligible_run_is_skipped():
    """A skipped task emits no asset event, so the reconciler is not even woken."""
    with pytest.raises(AirflowSkipException, match="wait for traffic"):
        raising(error(errors.NotEligible))()


def test_an_unexpected_error_is_left_alone():
    """A bug is not dressed up as an expected error; Airflow shows its trace and retries."""
    with pytest.raises(ZeroDivisionError):
        raising(ZeroDivisionError())()


@pytest.mark.parametrize(
    ("kind", "origin"),
    [
        (DagRunType.SCHEDULED, "scheduled"),
        (DagRunType.MANUAL, "manual"),
        (DagRunType.BACKFILL_JOB, "backfill"),
        (DagRunType.ASSET_TRIGGERED, "requested"),
        (DagRunType.OPERATOR_TRIGGERED, "backfill"),
    ],
)
def test_the_origin_comes_from_the_run_type(kind, origin):
    """A reprocessed run keeps the id ``scheduled__``; its type says backfill, and unknown types too."""
    assert tasks.origin_of(run(kind, run_id="scheduled__x")) == origin


def test_the_author_is_whoever_triggered_the_run():
    """A person's run names the person, who then may not approve it."""
    assert tasks.author_of(run()) == "scheduler"
    assert tasks.author_of(run(DagRunType.MANUAL, triggering_user_name="adam")) == "adam"


@pytest.mark.parametrize("account", ["scheduler", " Scheduler", "\uff33cheduler", "", None])
def test_nobody_starts_a_run_as_the_scheduler(account):
    """An account of its name, or none, is a person that nobody knows: two reviewers are asked."""
    author = tasks.author_of(run(DagRunType.MANUAL, triggering_user_name=account))
    assert people_kit.PEOPLE.author(author) is None
    assert four_eyes(author, ["rita"], people_kit.PEOPLE) is FourEyes.SECOND


def test_a_run_without_dates_is_refused(home):
    """A manual run through the API without a date has no week to train on, and says so."""
    dateless = run(DagRunType.MANUAL, data_interval_start=None, data_interval_end=None)
    with pytest.raises(errors.BadInput, match="logical date"):
        tasks.interval_of(dateless)


def asked(source=("drift_feed", "ask_retrain"), **extra):
    """A run that an asset's event started, as Airflow hands it to a task."""
    said = {
        "asked_by": ["it broke its promise"],
        "start": "2026-03-03T00:00:00+00:00",
        "end": "2026-03-10T00:00:00+00:00",
    }
    event = SimpleNamespace(
        asset=SimpleNamespace(name="feed_retrain_asked"),
        source_dag_id=source[0],
        source_task_id=source[1],
        timestamp=MONDAY,
        extra=extra or said,
    )
    return run(
        DagRunType.ASSET_TRIGGERED,
        dag_id="retrain_feed",
        run_id="asset_triggered__1",
        conf={},
        consumed_asset_events=[event],
        data_interval_start=None,
        data_interval_end=None,
    )


def test_a_run_that_the_watch_asked_for_says_by_what(home, monkeypatch):
    """It trains on what the ask says, the scheduler is its author, and its note names the reason."""
    written, frozen = [], []
    monkeypatch.setattr(slipway_verbs, "annotate", written.append)
    monkeypatch.setattr(
        "slipway.steps.snapshot.snapshot",
        lambda *given, asked_by: frozen.append((*given, asked_by)) or run_kit.frozen(),
    )
    slipway_verbs.snapshot.function("feed", asked(), {"recipe": {}})
    (_, start, end, _, key, reasons), (note,) = frozen[0], written
    assert (start[:10], end[:10], key) == ("2026-03-03", "2026-03-10", "asset_triggered__1")
    assert reasons == ["it broke its promise"]
    assert "it broke its promise" in note
    assert tasks.author_of(asked()) == "scheduler"


@pytest.mark.parametrize(
    "given",
    [{"source": (None, None)}, {"source": ("mine", "ask_retrain")}, {"from_rest_api": True}],
)
def test_an_event_that_no_watch_sent_starts_nothing(home, given):
    """Who makes an event by hand would be the author of a run that names nobody, and could approve it."""
    for ask in (tasks.interval_of, tasks.author_of):
        with pytest.raises(errors.BadInput, match="trigger retrain_feed by hand"):
            ask(asked(**given))


def test_a_clock_of_its_own_has_no_wall_weeks(home, monkeypatch):
    """Where events run on another clock, the wall clock's weekly run is skipped; others are not."""
    monkeypatch.setenv("SLIPWAY_CLOCK", str(home / "clock.json"))
    with pytest.raises(errors.NotEligible):
        tasks.interval_of(run())
    start, _ = tasks.interval_of(run(DagRunType.BACKFILL_JOB))
    assert start == MONDAY.isoformat()


def offer(origin, dag_run):
    """Run the body of the task ``offer``."""
    body = slipway_verbs.offer.function
    return body(run_kit.registered(origin=origin).to_dict(), VERDICTS, dag_run)


def test_a_scheduled_run_is_offered(home):
    """The newest interval's scheduled run puts its version on the slipway, once."""
    assert offer(Origin.SCHEDULED, run())["epochs"] == [1]
    assert context.ledger().state("feed").candidate.version == "1"


def test_a_backfill_cannot_offer(home, monkeypatch):
    """A backfilled version never reaches the ledger, so neither traffic nor an alias; its note says so."""
    written = []
    monkeypatch.setattr(tasks, "annotate", written.append)
    with pytest.raises(AirflowSkipException, match="backfill"):
        offer(Origin.BACKFILL, run(DagRunType.BACKFILL_JOB))
    assert context.ledger().transitions("feed") == ()
    assert "backfill" in written[0]


def test_a_cleared_run_cannot_offer(home):
    """A cleared run keeps the type scheduled, so its clear number is asked too."""
    with pytest.raises(AirflowSkipException, match="cleared"):
        offer(Origin.SCHEDULED, run(clear_number=1))
    assert context.ledger().transitions("feed") == ()


@pytest.mark.parametrize("accused", [True, False])
def test_what_an_audit_accuses_is_noted(accused, monkeypatch):
    """An accused input stands in the grid; without one the grid stays as it is."""
    written, said = [], "item_ctr (SUSPECT): asks for an owner"
    found = replace(run_kit.VALIDATION, suspicions=said, accused=accused)
    monkeypatch.setattr(slipway_verbs, "annotate", written.append)
    monkeypatch.setattr("slipway.steps.validate.validate", lambda run: run.validated(found))
    given = run_kit.frozen()
    assert slipway_verbs.validate.function(given.to_dict()) == given.validated(found).to_dict()
    assert written == [said] * accused


def test_the_note_of_a_training_says_how_it_stands_to_earlier_runs(monkeypatch):
    """Who makes a past week again reads in the grid whether the same model came of it."""
    written, given = [], run_kit.frozen().validated(run_kit.VALIDATION)
    trained = given.trained(run_kit.MODEL)
    monkeypatch.setattr(slipway_verbs, "annotate", written.append)
    monkeypatch.setattr("slipway.steps.train.train", lambda _: trained)
    assert slipway_verbs.train.function(given.to_dict()) == trained.to_dict()
    assert written == [f"model {trained.model.fingerprint[:12]}: {trained.model.reproducibility}"]


def test_the_note_of_a_registration_leads_to_the_versions_page(home, monkeypatch):
    """Who reads the run in the grid is one step away from the version."""
    written = []
    monkeypatch.setattr(slipway_verbs, "annotate", written.append)
    monkeypatch.setattr(
        "slipway.steps.register.register", lambda *_: run_kit.registered(origin=Origin.SCHEDULED)
    )
    panel = [{"run": run_kit.evaluated().to_dict()}]
    slipway_verbs.register.function(panel, [], run())
    (note,) = written
    assert note.startswith("registered as version 1 of feed: http")
    assert note.endswith("/models/feed/versions/1")


@pytest.mark.parametrize("task", ["validate", "train", "evaluate", "judge", "offer"])
def test_a_run_in_flight_at_an_upgrade_is_refused_in_one_line(task):
    """What an older version handed on is not guessed at: the run begins again."""
    old = {"line": "feed", "run_key": "r", "recipe": {}, "snapshot_digest": "d" * 64}
    more = {"judge": ["parity"], "offer": [VERDICTS, run()]}.get(task, [])
    with pytest.raises(AirflowFailException, match="clear the run from its first task"):
        getattr(slipway_verbs, task).function(old, *more)


def test_a_failure_is_noted_as_its_log_says_it(monkeypatch):
    """The note of a failed task is the one line of its error."""
    written = []
    monkeypatch.setattr(tasks, "annotate", written.append)
    with pytest.raises(AirflowFailException):
        raising(error(errors.ValidationFailed))()
    assert written == [str(error(errors.ValidationFailed))]


@pytest.mark.parametrize(
    ("conf", "recipe"),
    [
        (None, {}),
        ({}, {}),
        ({"recipe": {"max_iter": 5}}, {"max_iter": 5}),
        ({"max_iter": 5}, {"max_iter": 5}),
    ],
)
def test_a_runs_own_recipe_is_taken(home, conf, recipe):
    """What the conf says of the recipe, in a field of the form or in one word, reaches the run."""
    params = {"recipe": {}, "max_iter": None} | (conf or {})
    assert tasks.recipe_of("feed", run(conf=conf), params) == recipe


@pytest.mark.parametrize("asks", [True, False])
def test_only_a_step_that_asks_a_reviewer_is_told(monkeypatch, asks):
    """Every look ends here; an event goes out for the one that begins to wait for a reviewer."""
    done = {
        "line": "feed",
        "asks_approval": asks,
        "moved": asks,
        "epoch": 7,
        "reason": "all passed",
    }
    written = []
    monkeypatch.setattr(slipway_verbs, "annotate", written.append)
    monkeypatch.setattr(release, "apply", lambda line, step: done)
    told = []
    events = {AssetAlias("feed_approval_asked"): SimpleNamespace(add=told.append)}
    assert slipway_verbs.apply.function("feed", None, events) == done
    assert told == [Asset("feed_approval_asked")] * asks
    assert written == ["epoch 7 of feed: all passed"] * asks


@pytest.mark.parametrize(
    ("cleared", "words"), [(0, "no candidate that waits"), (1, "keeps its first words")]
)
def test_a_required_action_asks_once(home, cleared, words):
    """A run without a candidate is skipped; a cleared one, too: Airflow would show it in its first words."""
    mirror = ApprovalMirror(task_id="wait_for_reviewer", line="feed")
    with pytest.raises(AirflowSkipException, match=words):
        mirror.execute({"dag_run": run(clear_number=cleared)})
