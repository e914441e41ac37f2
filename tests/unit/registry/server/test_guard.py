"""The guarded store on a real MLflow database: who may write what, in one sentence when not."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
from slipway.artifact.digest import files_digest
from slipway.artifact.manifest import Manifest
from slipway.registry.server import permissions
from slipway.registry.server.guard import GuardedStore
from slipway.registry.server.keys import create_key_pair
from slipway.registry.shown import ShownRun
from slipway.registry.state import LARGEST_LEAP

DIGEST = "0123456789abcdef" * 4
WORD = "approve 01234567 reads well"
STATE = {
    "line": "feed",
    "epoch": 1,
    "stage": "",
    "share": 0.0,
    "champion": None,
    "candidate": None,
    "rules": None,
    "previous_champion": None,
}


@pytest.fixture
def refused():
    """Asserts that a write is refused with this status and these words, in one line."""
    from contextlib import contextmanager

    from mlflow.exceptions import MlflowException

    @contextmanager
    def expect(status, words):
        with pytest.raises(MlflowException) as refusal:
            yield
        assert refusal.value.get_http_status_code() == status
        assert words in refusal.value.message
        assert "\n" not in refusal.value.message

    return expect


def test_a_reviewers_word_lets_the_champion_lead(desk, refused):
    """The alias champion is refused before the approval and given after it."""
    version = desk.waiting()
    with refused(403, "a reviewer sets the tag 'review' first"), desk.as_user("slipway") as store:
        store.set_registered_model_alias("feed", "champion", version)
    desk.tag("rita", version, "review", WORD)
    with desk.as_user("slipway") as store:
        store.set_registered_model_alias("feed", "champion", version)
    assert desk.aliases() == {"champion": version}


def test_a_rejected_version_never_leads_nor_serves(desk, refused):
    """A reject is final: neither champion nor candidate can point to the version again."""
    version = desk.waiting()
    desk.tag("rita", version, "review", "reject 01234567 only comedies")
    for alias in ("champion", "candidate"):
        with refused(403, "rejected by rita"), desk.as_user("slipway") as store:
            store.set_registered_model_alias("feed", alias, version)


@pytest.mark.parametrize("user", ["slipway", "admin", "adam", "", None])
def test_nobody_but_a_reviewer_approves(desk, refused, user):
    """Service account, administrator, author and nobody cannot set the review tag."""
    version = desk.waiting()
    with refused(403, "a person listed in SLIPWAY_REVIEWERS"):
        desk.tag(user, version, "review", WORD)
    assert "slipway.attestation" not in desk.tags(version)


@pytest.mark.parametrize("user", ["slipway", "admin", "rita", "adam"])
def test_nobody_writes_an_attestation(desk, refused, user):
    """The signed tag cannot be set or deleted by anyone, a reviewer included."""
    version = desk.waiting()
    with refused(403, "written by the server"):
        desk.tag(user, version, "slipway.attestation", "{}")
    desk.tag("ruth", version, "review", WORD)
    for tag in ("slipway.attestation", "review"):
        with refused(403, "written by the server"), desk.as_user(user) as store:
            store.delete_model_version_tag("feed", version, tag)


@pytest.mark.parametrize("tag", ["review", "slipway.attestation"])
def test_a_version_is_not_born_reviewed(desk, refused, tag):
    """The pipeline cannot register a version that already carries a review."""
    with refused(403, "no review before the version exists"):
        desk.register(**{tag: WORD})


@pytest.mark.parametrize("missing", ["author", "origin", "fingerprint", "ranker_digest"])
def test_a_version_says_whose_and_what_it_is(desk, refused, missing):
    """A version without author, origin or digests is not registered."""
    with refused(400, f"no {missing}"):
        desk.register(**{missing: None})


def test_an_origin_outside_the_words_is_refused(desk, refused):
    """A version cannot hide a backfill behind an unknown origin."""
    with refused(400, "one of scheduled, manual, requested, backfill"):
        desk.register(origin="Backfill ")


@pytest.mark.parametrize("user", ["rita", "admin", "adam", "router"])
def test_only_the_service_account_writes_to_a_lines_models(desk, refused, user):
    """Registering, describing, tagging, aliasing and deleting are the pipeline's alone."""
    version = desk.waiting()
    service = "the pipeline's service account"
    with refused(403, service):
        desk.register(user)
    with refused(403, service):
        desk.tag(user, version, "stage", "champion")
    with refused(403, service):
        desk.model_tag(user, "slipway.release", json.dumps(STATE))
    with desk.as_user(user) as store:
        for write in (
            lambda: store.create_registered_model("feed"),
            lambda: store.update_registered_model("feed", "text"),
            lambda: store.update_model_version("feed", version, "text"),
            lambda: store.set_registered_model_alias("feed", "candidate", version),
            lambda: store.delete_registered_model_alias("feed", "candidate"),
            lambda: store.delete_registered_model_tag("feed", "x"),
            lambda: store.delete_model_version_tag("feed", version, "note"),
            lambda: store.delete_model_version("feed", version),
        ):
            with refused(403, service):
                write()


def test_a_lines_model_stays_under_its_name(desk, refused):
    """Not even the service account deletes or renames it, or names another model like it."""
    with desk.as_user("slipway") as store:
        store.create_registered_model("other")
        for old, new in (("feed", "mine"), ("feed-rules", "mine"), ("other", "feed")):
            with refused(403, "a line's name is fixed"):
                store.rename_registered_model(old, new)
        with refused(403, "stays as it was"):
            store.delete_registered_model("feed")
        with refused(403, "stays as it was"):
            store.transition_model_version_stage("feed", desk.register(), "Production", False)


@pytest.mark.parametrize("tag", ["author", "origin", "fingerprint", "ranker_digest"])
def test_what_a_version_is_does_not_change(desk, refused, tag):
    """Author, origin and digests are written once; writing the same again is harmless."""
    version = desk.register()
    desk.tag("slipway", version, tag, desk.tags(version)[tag])
    with refused(409, "register a new version"):
        desk.tag("slipway", version, tag, "manual" if tag != "origin" else "backfill")
    with refused(409, "register a new version"), desk.as_user("slipway") as store:
        store.delete_model_version_tag("feed", version, tag)


def test_evidence_and_page_freeze_with_the_review(desk, refused):
    """Before the review the evidence may grow; afterwards digest and description stay."""
    version = desk.waiting()
    desk.tag("slipway", version, "evidence_digest", "9" * 64)
    desk.tag("slipway", version, "evidence_digest", "0123456789abcdef" * 4)
    with refused(400, "64 hexadecimal digits"):
        desk.tag("slipway", version, "evidence_digest", "short")
    desk.tag("rita", version, "review", WORD)
    with refused(409, "evidence_digest"):
        desk.tag("slipway", version, "evidence_digest", "9" * 64)
    with refused(409, "what the reviewer saw"), desk.as_user("slipway") as store:
        store.update_model_version("feed", version, "a nicer page")


@pytest.mark.parametrize("alias", ["champion", "candidate", "rules", "prod"])
def test_a_backfill_never_gets_an_alias(desk, refused, alias):
    """Whatever the alias and whatever tags are set, a backfill gets none."""
    version = desk.waiting(origin="backfill")
    status, words = (403, "never gets traffic") if alias[:2] in ("ch", "ca") else (400, "alias")
    with refused(status, words), desk.as_user("slipway") as store:
        store.set_registered_model_alias("feed", alias, version)
    for place in ("champion", "candidate", "previous_champion"):
        with refused(403, "never gets traffic"):
            desk.model_tag("slipway", "slipway.release", json.dumps(STATE | {place: version}))
    assert desk.aliases() == {}


@pytest.mark.parametrize("place", ["champion", "previous_champion"])
def test_the_router_is_never_told_of_an_unapproved_champion(desk, refused, place):
    """The release tag cannot name a leading version that no reviewer approved."""
    version = desk.waiting()
    with refused(403, "a reviewer sets the tag"):
        desk.model_tag("slipway", "slipway.release", json.dumps(STATE | {place: version}))
    desk.tag("rita", version, "review", WORD)
    desk.model_tag("slipway", "slipway.release", json.dumps(STATE | {place: version}))


@pytest.mark.parametrize(
    "words",
    [
        {"line": "other"},
        {"epoch": -1},
        {"epoch": True},
        {"epoch": "1"},
        {"stage": "full"},
        {"share": 0.6, "stage": "canary_50", "candidate": "1"},
        {"share": -0.1},
        {"share": 0.1},
        {"share": 0.1, "stage": "shadow", "candidate": "1"},
        {"share": "all"},
        {"champion": 1},
        {"champion": "latest"},
        {"candidate": "77"},
        {"rules": "77"},
    ],
)
def test_an_implausible_release_state_is_refused(desk, refused, words):
    """A state that the router could misread is never stored."""
    desk.register()
    with refused(400, "of feed"):
        desk.model_tag("slipway", "slipway.release", json.dumps(STATE | words))


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "{", '"feed"'])
def test_a_release_state_is_json_of_one_shape(desk, refused, text):
    """Anything but the whole object is refused."""
    with refused(400, "a JSON object with"):
        desk.model_tag("slipway", "slipway.release", text or " ")


def test_the_release_state_never_goes_back(desk, refused):
    """A late writer with an older epoch cannot undo a newer state, nor can anyone delete it."""
    desk.model_tag("slipway", "slipway.release", json.dumps(STATE | {"epoch": 5}))
    with refused(409, "a newer state is already shown"):
        desk.model_tag("slipway", "slipway.release", json.dumps(STATE | {"epoch": 4}))
    with refused(403, "stays as it was"), desk.as_user("slipway") as store:
        store.delete_registered_model_tag("feed", "slipway.release")


@pytest.fixture
def released(desk):
    """Champion 2, hold-back 1 and candidate 3 at half of the users, all shown; the desk."""
    for _ in range(2):
        desk.tag("rita", desk.waiting(), "review", WORD)
    desk.waiting()
    desk.model_tag("slipway", "slipway.release", json.dumps(SHOWN))
    return desk


SHOWN = STATE | {
    "epoch": 8,
    "stage": "canary_50",
    "share": 0.5,
    "champion": "2",
    "candidate": "3",
    "previous_champion": "1",
}
GONE = {"stage": "", "share": 0.0, "candidate": None}
TAKES_AWAY = [
    pytest.param(GONE, id="the candidate is returned"),
    pytest.param({"champion": "1", "previous_champion": None}, id="the champion is returned"),
    pytest.param(GONE | {"champion": "1", "previous_champion": None}, id="both are"),
    pytest.param(GONE | {"champion": None, "previous_champion": None}, id="the rules lead"),
    pytest.param({"champion": None}, id="the rules lead, the previous one stays"),
    pytest.param({"previous_champion": None}, id="nobody stands behind"),
    pytest.param({"share": 0.25, "stage": "canary_25"}, id="fewer users"),
    pytest.param({"share": 0.0, "stage": "shadow"}, id="nobody"),
    pytest.param({}, id="all keep their places"),
]
HARM = ("keys made again, the old ones lost", "candidate rejected", "evidence frozen again")


@pytest.mark.parametrize("away", TAKES_AWAY)
@pytest.mark.parametrize("harm", HARM)
def test_a_state_that_only_takes_away_is_never_refused(released, away, harm, monkeypatch):
    """Whatever became of keys, reviews and neighbours, a return is shown at once."""
    if harm == HARM[0]:
        monkeypatch.setattr(released.store, "_key", Ed25519PrivateKey.generate())
        monkeypatch.setattr(released.store, "_public", b"\x01" * 32)
        monkeypatch.setattr(released.store, "_old_keys", {})
    elif harm == HARM[1]:
        released.tag("rita", "3", "review", "reject 01234567 only comedies")
    else:
        changed = ModelVersionTag("ranker_digest", "9" * 64)
        for version in "12":
            SqlAlchemyStore.set_model_version_tag(released.store, "feed", version, changed)
    after = SHOWN | away | {"epoch": 9}
    released.model_tag("slipway", "slipway.release", json.dumps(after))
    with released.as_user("slipway") as store:
        for alias in ("champion", "candidate"):
            if after[alias]:
                store.set_registered_model_alias("feed", alias, after[alias])
    assert json.loads(released.store.get_registered_model("feed").tags["slipway.release"]) == after


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"champion": "3", **GONE}, id="an unapproved candidate leads"),
        pytest.param({"champion": "1", "previous_champion": "2"}, id="the hold-back overtakes"),
        pytest.param({"previous_champion": "3", **GONE}, id="an unapproved one steps in"),
        pytest.param({"champion": None, "previous_champion": "3", **GONE}, id="and nobody leads"),
        pytest.param({"candidate": "4"}, id="another candidate"),
        pytest.param({"previous_share": 0.05}, id="the previous one answers again"),
    ],
)
def test_what_gets_more_is_verified_as_ever(released, refused, more, monkeypatch):
    """With no key to verify by, nothing is newly named and nothing gets more."""
    monkeypatch.setattr(released.store, "_public", b"\x01" * 32)
    monkeypatch.setattr(released.store, "_old_keys", {})
    released.register(origin="backfill")
    with refused(403, "of feed version"):
        released.model_tag("slipway", "slipway.release", json.dumps(SHOWN | more | {"epoch": 9}))


def test_a_hold_back_comes_with_the_promotion_and_is_taken_away_by_anybody(released, monkeypatch):
    """Who leads until then is not verified again to keep a share; its end waits for no key."""
    at = SHOWN | GONE | {"epoch": 9, "champion": "1", "previous_champion": None}
    released.model_tag("slipway", "slipway.release", json.dumps(at))
    held = at | {"epoch": 10, "champion": "2", "previous_champion": "1", "previous_share": 0.05}
    changed = ModelVersionTag("ranker_digest", "9" * 64)
    SqlAlchemyStore.set_model_version_tag(released.store, "feed", "1", changed)
    released.model_tag("slipway", "slipway.release", json.dumps(held))
    monkeypatch.setattr(released.store, "_public", b"\x01" * 32)
    ended = {k: v for k, v in held.items() if k != "previous_share"} | {"epoch": 11}
    released.model_tag("slipway", "slipway.release", json.dumps(ended))
    assert json.loads(released.store.get_registered_model("feed").tags["slipway.release"]) == ended


def test_a_rejected_candidate_gets_no_larger_share(released, refused):
    """It may keep its place until the return is written, and no more than that."""
    small = SHOWN | {"epoch": 9, "share": 0.25, "stage": "canary_25"}
    released.model_tag("slipway", "slipway.release", json.dumps(small))
    released.tag("rita", "3", "review", "reject 01234567 only comedies")
    with refused(403, "rejected by rita"):
        released.model_tag("slipway", "slipway.release", json.dumps(SHOWN | {"epoch": 10}))


def test_keys_made_anew_keep_what_was_reviewed(new_desk):
    """A server that starts with a new pair verifies old reviews by the key it kept."""
    first = new_desk()
    version = first.waiting()
    first.tag("rita", version, "review", WORD)
    folder = Path(os.environ["SLIPWAY_SIGNING_KEY"]).parent
    (folder / "review.key").unlink()
    create_key_pair(folder)
    second = GuardedStore(f"slipway:{first.store.engine.url}")
    try:
        state = json.dumps(STATE | {"champion": version})
        with first.as_user("slipway"):
            second.set_registered_model_tag("feed", RegisteredModelTag("slipway.release", state))
    finally:
        second.engine.dispose()


def test_a_tag_that_nobody_understands_can_be_replaced(desk):
    """Written past the guard, it stops no later state: the ledger's word puts it right."""
    damaged = RegisteredModelTag("slipway.release", '{"epoch": "9"}')
    SqlAlchemyStore.set_registered_model_tag(desk.store, "feed", damaged)
    desk.model_tag("slipway", "slipway.release", json.dumps(STATE))
    assert json.loads(desk.store.get_registered_model("feed").tags["slipway.release"]) == STATE


def test_versions_of_a_release_are_not_deleted(desk, refused):
    """A version with an alias, a place in the release or a review stays; a backfill may go."""
    reviewed, serving, old = desk.waiting(), desk.register(), desk.register(origin="backfill")
    desk.tag("rita", reviewed, "review", WORD)
    shown = STATE | {"candidate": serving, "stage": "shadow"}
    desk.model_tag("slipway", "slipway.release", json.dumps(shown))
    with desk.as_user("slipway") as store:
        for version in (reviewed, serving):
            with refused(403, "the release's history"):
                store.delete_model_version("feed", version)
        store.delete_model_version("feed", old)


def test_rules_get_their_own_alias_and_no_other(desk, refused):
    """The rules' model knows the alias rules; the line's model does not."""
    version = desk.register(model="feed-rules")
    with desk.as_user("slipway") as store:
        store.set_registered_model_alias("feed-rules", "rules", version)
        with refused(400, "one of rules"):
            store.set_registered_model_alias("feed-rules", "champion", version)


def test_other_models_are_plain_mlflow(desk):
    """A model that is no line's can be used by anyone as ever."""
    with desk.as_user("somebody") as store:
        store.create_registered_model("other")
        store.create_model_version("other", "mlflow-artifacts:/1/r/x", "r")
        store.set_registered_model_alias("other", "champion", "1")
        store.delete_registered_model("other")


def test_the_page_names_who_registered(desk):
    """MLflow's own column of the creator is filled with the authenticated account."""
    assert desk.store.get_model_version("feed", desk.register()).user_id == "slipway"


def test_two_reviews_at_the_same_instant_leave_one_decision(desk):
    """Of two reviewers who press the button together one decides, and the other is told so."""
    from mlflow.exceptions import MlflowException

    version = desk.waiting()
    gate = threading.Barrier(2)
    answers = {}

    def press(user, word):
        gate.wait()
        try:
            desk.tag(user, version, "review", f"{word} 01234567 at once")
            answers[user] = 200
        except MlflowException as refusal:
            answers[user] = refusal.get_http_status_code()

    threads = [
        threading.Thread(target=press, args=args)
        for args in (("rita", "approve"), ("ruth", "reject"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [200, 409]
    winner = next(user for user, status in answers.items() if status == 200)
    assert json.loads(desk.tags(version)["slipway.attestation"])["approval"]["reviewer"] == winner


def release(desk, **words):
    """Write the release tag as the pipeline does."""
    desk.model_tag("slipway", "slipway.release", json.dumps(STATE | words))


def lead(desk, version):
    """Set the alias champion as the pipeline does."""
    with desk.as_user("slipway") as store:
        store.set_registered_model_alias("feed", "champion", version)


@pytest.mark.parametrize(
    ("kind", "boost"), [("trees", None), ("sklearn", None), ("rules", {"1": 0.4})]
)
def test_nothing_fitted_stands_as_rules(desk, refused, kind, boost):
    """Neither by its alias nor in the release state: what is fitted is reviewed."""
    Manifest("feed", kind, category_boost=boost).write(desk.ranker)
    version = desk.register(model="feed-rules")
    with refused(403, "hand-written code"), desk.as_user("slipway") as store:
        store.set_registered_model_alias("feed-rules", "rules", version)
    with refused(403, "hand-written code"):
        release(desk, rules=version)


def test_rules_are_judged_by_the_files_that_are_registered(desk, refused):
    """Files that were put there after the registration are not what the router would load."""
    version = desk.register(model="feed-rules")
    Manifest("feed", "rules", fingerprint="another").write(desk.ranker)
    with refused(403, "those it was registered with"), desk.as_user("slipway") as store:
        store.set_registered_model_alias("feed-rules", "rules", version)


def test_rules_that_stand_do_not_stop_a_return(desk):
    """With the artifact store away, a state that keeps its rules is written all the same."""
    version, serving = desk.register(model="feed-rules"), desk.register()
    release(desk, rules=version, candidate=serving, stage="canary_50", share=0.5)
    (desk.ranker / "ranker.json").unlink()
    release(desk, rules=version, epoch=2)


@pytest.mark.parametrize("epoch", [10**30, 1_000_001, LARGEST_LEAP + 1])
def test_an_absurd_first_epoch_is_refused(desk, refused, epoch):
    """It would make every later state too late, and nobody deletes the tag."""
    with refused(400, "epoch"):
        release(desk, epoch=epoch)
    release(desk, epoch=LARGEST_LEAP)


def test_an_epoch_does_not_leap(desk, refused):
    """A release that could not be shown may be caught up with in one write, and no more."""
    release(desk, epoch=7)
    with refused(400, f"at most {7 + LARGEST_LEAP}"):
        release(desk, epoch=8 + LARGEST_LEAP)
    release(desk, epoch=7 + LARGEST_LEAP)


def test_a_line_that_an_older_guard_let_freeze_goes_on(desk):
    """An epoch that nobody understands is no state: the ledger's own is shown again."""
    from mlflow.entities.model_registry import RegisteredModelTag
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    frozen = RegisteredModelTag("slipway.release", json.dumps(STATE | {"epoch": 10**30}))
    SqlAlchemyStore.set_registered_model_tag(desk.store, "feed", frozen)
    release(desk, epoch=8)


@pytest.mark.parametrize("same", ["fingerprint", "learned"])
@pytest.mark.parametrize("stage", ["rejected", "returned", "timed_out"])
def test_a_model_that_was_decided_against_is_not_approved_as_another_version(
    desk, refused, same, stage
):
    """Registered again it gets no word, no alias and no traffic, until the first is reopened."""
    first = desk.waiting(**{same: "a" * 64})
    copy = desk.waiting(**{same: "a" * 64})
    desk.tag("rita", first, "review", "reject 01234567 only comedies")
    desk.tag("slipway", first, "stage", stage)
    with refused(403, f"version {first}, which was"):
        desk.tag("ruth", copy, "review", WORD)
    with refused(403, f"version {first}, which was"), desk.as_user("slipway") as store:
        store.set_registered_model_alias("feed", "candidate", copy)
    with refused(403, f"version {first}, which was"):
        release(desk, candidate=copy, stage="shadow")
    desk.tag("rita", first, "review", "reopen 01234567 it was the network")
    desk.tag("slipway", first, "stage", "offered")
    desk.tag("ruth", copy, "review", WORD)


@pytest.mark.parametrize("tag", ["offline", "learned", "run_data", "legal", "evidence_files"])
def test_what_is_read_on_a_versions_page_stays_as_it_was_registered(desk, refused, tag):
    """No tag but those that show the ledger is set, changed or taken away afterwards."""
    version = desk.register(offline="UNDECIDED", learned="a" * 64, run_data="d")
    with refused(409, "register a new version"):
        desk.tag("slipway", version, tag, "PASS")
    if tag in desk.tags(version):
        with refused(409, "register a new version"), desk.as_user("slipway") as store:
            store.delete_model_version_tag("feed", version, tag)


SEEN = {"evidence_files": files_digest({"page.html": "e" * 64})}


@pytest.mark.parametrize(
    "shown",
    [
        ShownRun({}, "d"),
        ShownRun({"evidence/page.html": "f" * 64}, "d"),
        ShownRun({"evidence/page.html": "e" * 64, "evidence/more.html": "e" * 64}, "d"),
        ShownRun({"evidence/page.html": "e" * 64, "live/00009-approval/page.html": "e" * 64}, "d"),
        ShownRun({"evidence/page.html": "e" * 64, "summary.html": "e" * 64}, "d"),
        ShownRun({"evidence/page.html": "e" * 64}, "other numbers"),
    ],
)
def test_evidence_that_was_changed_before_the_word_is_not_approved(desk, refused, shown):
    """Page, picture, a file more or less, a number: refused at the word, while a reject counts."""
    version = desk.waiting(**SEEN, run_data="d")
    desk.shown["r"] = shown
    with refused(403, "somebody changed what the reviewer reads"):
        desk.tag("rita", version, "review", WORD)
    desk.tag("rita", version, "review", "reject 01234567 somebody changed the page")


def test_what_was_attached_live_is_under_the_word(desk, refused):
    """Its digest is bound before the word, sealed by it, and fixed from then on."""
    version = desk.waiting(**SEEN, run_data="d")
    desk.tag("slipway", version, "live_files", files_digest({"00009-approval/page.html": "a" * 64}))
    live = {"live/00009-approval/page.html": "a" * 64}
    desk.shown["r"] = ShownRun({"evidence/page.html": "e" * 64, **live}, "d")
    desk.tag("rita", version, "review", WORD)
    with refused(409, "live_files"):
        desk.tag("slipway", version, "live_files", "9" * 64)
    lead(desk, version)


def test_an_approval_is_taken_back_until_it_is_used(desk, refused):
    """By any reviewer; the version is open again, and who took it back stands beside it."""
    version = desk.waiting()
    desk.tag("rita", version, "review", WORD)
    desk.tag("ruth", version, "review", "withdraw 01234567 the page was last week's")
    with refused(403, "a reviewer sets the tag"):
        lead(desk, version)
    (word,) = json.loads(desk.tags(version)["slipway.withdrawn"])
    assert (word["by"], word["reviewers"], word["reason"]) == (
        "ruth",
        ["rita"],
        "the page was last week's",
    )
    desk.tag("rita", version, "review", WORD)
    desk.tag("slipway", version, "slipway.used", DIGEST)
    with refused(409, "used for a promotion"):
        desk.tag("rita", version, "review", "withdraw 01234567 too late")
    lead(desk, version)


@pytest.mark.parametrize("user", ["slipway", "admin", "adam"])
def test_only_reviewers_take_back_and_nobody_else_says_used(desk, refused, user):
    """Neither the pipeline nor an author; and a promotion can only use what counts."""
    version = desk.waiting()
    with refused(403, ""):
        desk.tag(user, version, "slipway.used", DIGEST)
    desk.tag("rita", version, "review", WORD)
    with refused(403, "SLIPWAY_REVIEWERS"):
        desk.tag(user, version, "review", "withdraw 01234567 for it")
    for tag in ("slipway.withdrawn", "slipway.used"):
        with refused(409 if tag == "slipway.used" else 403, ""), desk.as_user("slipway") as store:
            desk.tag("slipway", version, "slipway.used", DIGEST)
            store.delete_model_version_tag("feed", version, tag)


def test_a_reject_is_not_taken_back(desk, refused):
    """It can be reopened by another person than the author, once the release has ended."""
    version = desk.waiting()
    desk.tag("rita", version, "review", "reject 01234567 only comedies")
    with refused(409, "a reject is final"):
        desk.tag("ruth", version, "review", "withdraw 01234567 second thought")
    with refused(409, "no decision to be reopened"):
        desk.tag("ruth", version, "review", "reopen 01234567 second thought")
    desk.tag("slipway", version, "stage", "returned")
    desk.tag("ruth", version, "review", "reopen 01234567 second thought")
    desk.tag("slipway", version, "stage", "approval")
    desk.tag("rita", version, "review", WORD)
    lead(desk, version)


def test_nobody_reopens_own_work(desk, refused):
    """Nor a backfill, which was never decided on."""
    version = desk.waiting(author="rita")
    desk.tag("slipway", version, "stage", "rejected")
    with refused(403, "somebody else than its author"):
        desk.tag("rita", version, "review", "reopen 01234567 it was good")
    backfill = desk.waiting(origin="backfill")
    desk.tag("slipway", backfill, "stage", "rejected")
    with refused(409, "no backfill"):
        desk.tag("rita", backfill, "review", "reopen 01234567 it was good")


def test_an_unknown_author_asks_for_a_second_reviewer(desk, refused):
    """One word endorses and leads nowhere; a second person's makes it an approval of both."""
    version = desk.waiting(author="sam")
    desk.tag("rita", version, "review", WORD)
    with refused(403, "a second reviewer is asked for"):
        lead(desk, version)
    with refused(409, "the word of a second reviewer"):
        desk.tag("rita", version, "review", WORD)
    desk.tag("ruth", version, "review", WORD)
    lead(desk, version)
    approval = json.loads(desk.tags(version)["slipway.attestation"])["approval"]
    assert (approval["reviewer"], approval["second_reviewer"]) == ("rita", "ruth")
    with refused(409, "a decision is final"):
        desk.tag("ruth", version, "review", WORD)


def test_a_second_reviewer_may_reject(desk, refused):
    """An endorsement keeps nobody from saying no."""
    version = desk.waiting(author="sam")
    desk.tag("rita", version, "review", WORD)
    desk.tag("ruth", version, "review", "reject 01234567 only comedies")
    with refused(403, "rejected by ruth"):
        lead(desk, version)


def test_the_word_of_who_is_no_reviewer_any_more_counts_where_it_was_used(
    desk, refused, monkeypatch
):
    """Taken off the list, a person's approval is void unless a promotion stands on it."""
    used, unused = desk.waiting(), desk.waiting()
    for version in (used, unused):
        desk.tag("rita", version, "review", WORD)
    desk.tag("slipway", used, "slipway.used", DIGEST)
    monkeypatch.setenv("SLIPWAY_REVIEWERS", "ruth")
    with refused(403, "rita, no reviewer any more"):
        lead(desk, unused)
    with refused(403, "rita, no reviewer any more"):
        desk.tag("slipway", unused, "slipway.used", DIGEST)
    lead(desk, used)


def test_a_store_without_its_key_does_not_start(tmp_path, monkeypatch, empty_database):
    """A server that could not sign refuses to start, and says which key it wants."""
    from slipway.domain.errors import BadConfig
    from slipway.registry.server.guard import GuardedStore

    monkeypatch.setenv("SLIPWAY_SIGNING_KEY", str(tmp_path / "none"))
    with pytest.raises(BadConfig, match="SLIPWAY_SIGNING_KEY"):
        GuardedStore(f"slipway:sqlite:///{empty_database}")


def test_a_line_that_the_server_does_not_know_any_more_stays_guarded(desk, refused, monkeypatch):
    """Its package went, or is missing in this server alone: nobody leads by that door, and nothing is undone."""
    version = desk.register()
    release(desk)
    monkeypatch.setattr(permissions, "all_names", lambda: ("other",))
    leads = json.dumps(STATE | {"champion": version, "epoch": 2})
    for user in ("slipway", "rita"):
        with refused(403, ""):
            desk.model_tag(user, "slipway.release", leads)
    with refused(403, ""):
        desk.model_tag("rita", "slipway.orders", "[]")
    with refused(403, "history stays"), desk.as_user("slipway") as store:
        store.delete_registered_model("feed")
    with pytest.raises(MlflowException, match="fixed"), desk.as_user("slipway") as store:
        store.rename_registered_model("feed", "feed2")


def test_no_release_is_shown_of_a_model_that_is_no_line(desk, refused):
    """Routers obey that tag: it is checked whatever the model is called, and all other tags are plain MLflow."""
    with desk.as_user("slipway") as store:
        store.create_registered_model("stranger")
        store.set_registered_model_tag("stranger", RegisteredModelTag("note", "x"))
        with refused(403, "no such line"):
            store.set_registered_model_tag("stranger", RegisteredModelTag("slipway.release", "{}"))
        with refused(403, ""):
            store.create_registered_model("another", [RegisteredModelTag("slipway.release", "{}")])


@pytest.mark.parametrize("stage", ["rejected", "returned", "timed_out"])
def test_a_decision_against_a_version_stands_for_itself(desk, refused, stage):
    """Neither its old approval nor another word for its stage brings it back; one reopening does once."""
    version = desk.waiting()
    desk.tag("rita", version, "review", WORD)
    lead(desk, version)
    desk.tag("slipway", version, "stage", stage)
    release(desk, epoch=2)
    for again in (
        {"champion": version},
        {"candidate": version, "stage": "canary_1", "share": 0.01},
    ):
        with refused(403, f"which was {stage.replace('_', ' ')}"):
            release(desk, epoch=3, **again)
    with refused(409, "stage"):
        desk.tag("slipway", version, "stage", "approval")
    desk.tag("ruth", version, "review", "reopen 01234567 it was the network")
    release(desk, epoch=3, candidate=version, stage="canary_1", share=0.01)
    desk.tag("slipway", version, "stage", "canary_1")
    desk.tag("slipway", version, "stage", stage)
    release(desk, epoch=4)
    with refused(409, "stage"):
        desk.tag("slipway", version, "stage", "canary_1")
    with refused(403, "which was"):
        release(desk, epoch=5, candidate=version, stage="canary_1", share=0.01)


def test_a_stand_in_decides_on_the_days_of_the_file(desk, tmp_path):
    """Before and after it is an account like any other; the file is read at each request."""
    today = datetime.now(UTC).date()
    file = tmp_path / "people.toml"
    known = file.read_text()

    def stand_in(first, last, of="rita"):
        file.write_text(
            f'{known}\n[sam]\nmlflow = ["sam"]\nstands_in = '
            f'{{for = "{of}", from = {first}, until = {last}, reason = "leave"}}\n'
        )

    word, day = f"approve {DIGEST[:8]} fine", timedelta(days=1)
    version = desk.waiting()
    for first, last, of in (
        (today + day, today + 2 * day, "rita"),
        (today - 2 * day, today - day, "rita"),
        (today, today, "adam"),  # who is no reviewer has nobody to stand in
    ):
        stand_in(first, last, of)
        with pytest.raises(MlflowException, match="stands in for one today"):
            desk.tag("sam", version, "review", word)
    stand_in(today - day, today + day)
    desk.tag("sam", version, "review", word)
    assert (
        f"(for rita, {today - day} to {today + day}: leave)"
        in desk.tags(version)["slipway.attestation"]
    )
