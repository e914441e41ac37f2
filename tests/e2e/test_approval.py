"""Approval in the registry: one person's signed word, bound to the evidence, on a real server."""

import json
import sqlite3
import threading

import pytest
from people_kit import PEOPLE
from registry_kit import DIGEST, WORD
from slipway.artifact.digest import sha256_of
from slipway.domain.errors import ApprovalRefused, BadInput, UnknownReference
from slipway.domain.stage import Stage
from slipway.registry.rest import RegistryRefused, RegistryUnavailable
from slipway.registry.server.setup import prepare
from slipway.release.approval import verify

pytestmark = pytest.mark.e2e


def one_sentence(answer, status, words):
    """The answer is a 4xx of MLflow's shape whose message is one line with these words."""
    assert answer.status_code == status, answer.text
    message = answer.json()["message"]
    assert words in message
    assert "\n" not in message
    assert "Traceback" not in answer.text


def test_a_reviewers_word_is_signed_and_verified_again(desk):
    """Rita's tag becomes an approval that the client and the deciding step both accept."""
    version = desk.waiting()
    service = desk.as_user()
    assert service.reviews("feed", version) is None
    desk.as_user("rita").set_review("feed", version, WORD)
    approval = service.reviews("feed", version)
    assert (approval.reviewer, approval.decision, approval.evidence_digest) == (
        "rita",
        "approve",
        DIGEST,
    )
    candidate = desk.candidate(version, Stage.APPROVAL)
    public = desk.server.signing.public.read_bytes()
    assert verify(approval, public, "feed", candidate, PEOPLE) is approval


def test_a_release_from_offer_to_champion_and_back(desk):
    """Each line of the ledger is shown; the champion leads only after the approval."""
    registry, version = desk.as_user(), desk.register()
    desk.step(version, Stage.OFFERED)
    assert registry.release_state("feed").candidate is None
    desk.step(version, Stage.SHADOW)
    desk.step(version, Stage.CANARY_50, share=0.5)
    assert desk.step(version, Stage.APPROVAL, share=0.5)
    facts = registry.facts("feed", version)
    assert "approve 0123456789ab your reason" in facts.description
    assert facts.aliases == ("candidate",)
    desk.as_user("rita").set_review("feed", version, WORD)
    desk.step(version, Stage.CHAMPION, champion=version)
    shown = registry.release_state("feed")
    assert (shown.champion, shown.candidate, shown.share) == (version, None, 0.0)
    assert registry.facts("feed", version).aliases == ("champion",)
    desk.step(version, Stage.RETURNED, champion=None)
    assert registry.release_state("feed").champion is None
    assert registry.facts("feed", version).aliases == ()
    assert registry.facts("feed", version).tags["stage"] == "returned"


def test_the_ledger_cannot_be_shown_ahead_of_the_approval(desk):
    """A pipeline that writes champion without a review is refused, and the router sees no change."""
    version = desk.register()
    before = desk.as_user().release_state("feed")
    with pytest.raises(RegistryRefused, match="a reviewer sets the tag 'review' first"):
        desk.step(version, Stage.CHAMPION, champion=version)
    desk.past.pop()
    assert desk.as_user().release_state("feed") == before


@pytest.mark.parametrize(
    ("user", "text", "status", "words"),
    [
        ("slipway", WORD, 403, "a person listed in SLIPWAY_REVIEWERS"),
        ("admin", WORD, 403, "a person listed in SLIPWAY_REVIEWERS"),
        ("rita", "approve ffffffff other evidence", 400, "the evidence has changed"),
        ("rita", "approve 0123456789ab", 400, "and a reason"),
        ("rita", "looks good to me", 400, "write for example: approve"),
    ],
)
def test_a_word_that_does_not_count_is_refused(desk, user, text, status, words):
    """Wrong role, wrong digest and malformed words: one sentence each, and no review is stored."""
    version = desk.waiting()
    one_sentence(desk.tag(user, version, "review", text), status, words)
    assert desk.as_user().reviews("feed", version) is None


@pytest.mark.parametrize("user", ["adam", "router"])
def test_people_without_a_role_cannot_write_at_all(desk, user):
    """MLflow itself turns away authors and the router before the guard is asked."""
    answer = desk.tag(user, desk.waiting(), "review", WORD)
    assert answer.status_code == 403


def test_nobody_approves_without_a_password(desk):
    """An anonymous word, or one with a wrong password, is not even looked at."""
    version = desk.waiting()
    assert desk.tag(None, version, "review", WORD).status_code == 401
    desk.words["ghost"] = "no such account"
    assert desk.tag("ghost", version, "review", WORD).status_code == 401


def test_the_author_cannot_approve_own_work(desk):
    """Rita, who started the run, is sent to another reviewer; Ruth may decide."""
    version = desk.waiting(author="rita")
    one_sentence(desk.tag("rita", version, "review", WORD), 403, "somebody else than its author")
    assert desk.tag("ruth", version, "review", WORD).is_success


def test_a_repeated_word_is_refused(desk):
    """A decision is final for everybody, the same reviewer included."""
    version = desk.waiting()
    assert desk.tag("rita", version, "review", WORD).is_success
    for user, text in (("rita", WORD), ("ruth", "reject 0123456789ab on second thought")):
        one_sentence(desk.tag(user, version, "review", text), 409, "a decision is final")
    assert desk.as_user().reviews("feed", version).decision == "approve"


def test_a_stale_word_is_refused(desk):
    """A word for evidence that was replaced, or for a version no longer waiting, does not count."""
    version = desk.waiting()
    desk.tag("slipway", version, "evidence_digest", "9" * 64)
    one_sentence(desk.tag("rita", version, "review", WORD), 400, "the evidence has changed")
    desk.tag("slipway", version, "stage", "returned")
    answer = desk.tag("rita", version, "review", "approve 99999999 too late")
    one_sentence(answer, 409, "only a version that waits")


@pytest.mark.parametrize("api", ["/api/2.0/mlflow", "/ajax-api/2.0/mlflow"])
@pytest.mark.parametrize("user", ["slipway", "admin", "rita"])
def test_a_forged_attestation_is_refused_on_every_road(desk, user, api):
    """Neither the API nor the UI's road takes an attestation from anyone."""
    answer = desk.tag(user, desk.waiting(), "slipway.attestation", "{}", api)
    one_sentence(answer, 403, "written by the server")


def write_past_the_guard(desk, version, key, value):
    """Change the database itself, as somebody with its password could."""
    with sqlite3.connect(desk.home / "mlflow.db", timeout=86_400) as db:
        db.execute(
            "INSERT OR REPLACE INTO model_version_tags (workspace, name, version, key, value)"
            " VALUES ('default', 'feed', ?, ?, ?)",
            (version, key, value),
        )
    db.close()


def test_an_attestation_written_into_the_database_is_found_out(desk):
    """Even past the guard: invented and copied reviews are refused by the client and the server."""
    genuine, version = desk.waiting(), desk.waiting()
    desk.as_user("rita").set_review("feed", genuine, WORD)
    copied = desk.as_user().facts("feed", genuine).tags["slipway.attestation"]
    invented = json.loads(copied)
    invented["approval"]["version"] = version
    for text in (copied, json.dumps(invented), "{}"):
        write_past_the_guard(desk, version, "slipway.attestation", text)
        with pytest.raises(ApprovalRefused, match="audit log"):
            desk.as_user().reviews("feed", version)
        answer = desk.call(
            "slipway",
            "POST",
            "/api/2.0/mlflow/registered-models/alias",
            name="feed",
            alias="champion",
            version=version,
        )
        one_sentence(answer, 403, "signed by the registry's server")


def test_a_model_swapped_after_its_review_is_found_out(desk):
    """Another digest under the same approval is refused: the word was for the old files."""
    version = desk.waiting()
    desk.as_user("rita").set_review("feed", version, WORD)
    write_past_the_guard(desk, version, "ranker_digest", "9" * 64)
    with pytest.raises(ApprovalRefused, match="another ranker_digest"):
        desk.as_user().reviews("feed", version)


def test_evidence_swapped_after_its_review_is_found_out(desk):
    """An approval does not count where the page that the reviewer read is another one by now."""
    version = desk.waiting()
    registry = desk.as_user()
    desk.as_user("rita").set_review("feed", version, WORD)
    assert registry.reviews("feed", version).decision == "approve"
    run = registry.facts("feed", version).run_id
    (page,) = (desk.home / "artifacts").glob(f"*/{run}/artifacts/evidence/page.html")
    page.write_text("<h1>Nothing to see</h1>")
    with pytest.raises(ApprovalRefused, match="changed what the reviewer reads"):
        registry.reviews("feed", version)


def with_live_page(desk, version):
    """Attach a live page and bind it, as the look that asks for a review does."""
    registry, page = desk.as_user(), desk.folder("live", page_html="<h1>Good</h1>")
    registry.attach("feed", version, page, "00009-approval")
    attached = {f"00009-approval/{name}": sha256 for name, sha256 in sha256_of(page).items()}
    registry.bind("feed", version, attached)
    return attached


def change_live_page(desk, version):
    """Overwrite the live page through the server, as the service account can."""
    desk.as_user().attach(
        "feed", version, desk.folder("x", page_html="<h1>Other</h1>"), "00009-approval"
    )


def add_live_page(desk, version):
    """Put a page beside the ones that were attached."""
    desk.as_user().attach("feed", version, desk.folder("x", page_html="x"), "00010-approval")


def change_metric(desk, version):
    """Log another number to the run whose page a reviewer opens."""
    run = desk.as_user().facts("feed", version).run_id
    log = {"run_id": run, "key": "log_loss", "value": 0.1, "timestamp": 2**42, "step": 1}
    assert desk.call("slipway", "POST", "/api/2.0/mlflow/runs/log-metric", **log).is_success


def describe_run(desk, version):
    """Write a description on the run's page."""
    run = desk.as_user().facts("feed", version).run_id
    tag = {"run_id": run, "key": "mlflow.note.content", "value": "all is well"}
    assert desk.call("slipway", "POST", "/api/2.0/mlflow/runs/set-tag", **tag).is_success


@pytest.mark.parametrize("change", [change_live_page, add_live_page, change_metric, describe_run])
def test_whatever_a_reviewer_opens_is_under_the_word(desk, change):
    """Changed before the word it is refused at the server; changed after it the word is void."""
    before, after = desk.waiting(), desk.waiting()
    for version in (before, after):
        attached = with_live_page(desk, version)
    change(desk, before)
    one_sentence(desk.tag("rita", before, "review", WORD), 403, "changed what the reviewer reads")
    desk.as_user("rita").set_review("feed", after, WORD)
    assert desk.as_user().reviews("feed", after, attached).decision == "approve"
    change(desk, after)
    with pytest.raises(ApprovalRefused, match="changed what the reviewer reads"):
        desk.as_user().reviews("feed", after, attached)


def test_live_evidence_that_was_bound_anew_is_no_longer_the_pipelines(desk):
    """Page and digest changed together fool the server, and not the look that remembers them."""
    version = desk.waiting()
    attached = with_live_page(desk, version)
    change_live_page(desk, version)
    desk.as_user().bind("feed", version, desk.as_user().attached("feed", version))
    desk.as_user("rita").set_review("feed", version, WORD)
    with pytest.raises(ApprovalRefused, match="another one than was attached"):
        desk.as_user().reviews("feed", version, attached)


def test_an_approval_is_withdrawn_or_used_never_both(desk):
    """Ten times a withdrawal meets the promotion that uses it: one of them is refused."""
    for _ in range(10):
        version, gate, found = desk.waiting(), threading.Barrier(2), {}
        desk.as_user("rita").set_review("feed", version, WORD)

        def use(version=version, gate=gate, found=found):
            gate.wait()
            try:
                desk.as_user().use_approval("feed", version)
                found["used"] = True
            except ApprovalRefused:
                found["used"] = False

        def withdraw(version=version, gate=gate, found=found):
            gate.wait()
            text = "withdraw 0123456789ab the page was old"
            found["withdrawn"] = desk.tag("ruth", version, "review", text).is_success

        threads = [threading.Thread(target=act) for act in (use, withdraw)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found["used"] != found["withdrawn"]
        approval = desk.as_user().reviews("feed", version)
        assert (approval is not None) == found["used"]


def test_a_fitted_model_does_not_answer_as_rules(desk):
    """The service account registers one as the rules: no alias and no release state takes it."""
    trees = desk.folder("ranker", ranker_json=json.dumps({"line": "feed", "kind": "trees"}))
    with pytest.raises(RegistryRefused, match="hand-written code"):
        desk.as_user().register_rules("feed", trees, author="adam")


def test_files_swapped_after_registration_are_found_out(desk, tmp_path):
    """A download whose files are not the registered ones is refused and leaves nothing behind."""
    version = desk.register()
    registry = desk.as_user()
    assert (registry.download("feed", version, tmp_path / "good") / "ranker.json").is_file()
    run = registry.facts("feed", version).run_id
    (stored,) = (desk.home / "artifacts").glob(f"*/{run}/artifacts/ranker/ranker.json")
    stored.write_text("{}")
    with pytest.raises(BadInput, match="somebody changed the artifacts"):
        registry.download("feed", version, tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


@pytest.mark.parametrize("alias", ["champion", "candidate", "rules", "latest", "mine"])
def test_a_backfill_never_gets_an_alias(desk, alias):
    """No alias of any name, whoever asks, whatever else is set on the version."""
    version = desk.waiting(origin="backfill")
    for user in ("slipway", "admin"):
        path = "/api/2.0/mlflow/registered-models/alias"
        answer = desk.call(user, "POST", path, name="feed", alias=alias, version=version)
        assert 400 <= answer.status_code < 500, answer.text
    one_sentence(desk.tag("rita", version, "review", WORD), 403, "never promoted")
    assert desk.as_user().facts("feed", version).aliases == ()


def test_a_backfill_never_reaches_the_router(desk):
    """The release state cannot name a backfill, in any place."""
    version = desk.register(origin="backfill")
    state = desk.as_user().release_state("feed").to_dict()
    for place in ("champion", "candidate", "previous_champion"):
        answer = desk.call(
            "slipway",
            "POST",
            "/api/2.0/mlflow/registered-models/set-tag",
            name="feed",
            key="slipway.release",
            value=json.dumps(state | {place: version}),
        )
        one_sentence(answer, 403, "never gets traffic")


def test_two_reviewers_at_the_same_instant_leave_one_decision(desk):
    """Ten times two people press at once: always one 200 and one 409."""
    for _ in range(10):
        version, gate, found = desk.waiting(), threading.Barrier(2), {}

        def press(user, word, version=version, gate=gate, found=found):
            gate.wait()
            text = f"{word} 0123456789ab at once"
            found[user] = desk.tag(user, version, "review", text).status_code

        threads = [
            threading.Thread(target=press, args=pair)
            for pair in (("rita", "approve"), ("ruth", "reject"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found.values()) == [200, 409]
        winner = min(found, key=found.get)
        assert desk.as_user().reviews("feed", version).reviewer == winner


def test_registering_twice_is_registering_once(desk):
    """A repeated task finds its version; other files under the same key make no second one."""
    registry = desk.as_user()
    rules = json.dumps({"line": "feed", "kind": "rules"})
    ranker = desk.folder("ranker", ranker_json=rules)
    tags = {"author": "adam", "origin": "manual", "fingerprint": "e" * 64}
    first = registry.register("feed", ranker, None, key="once", tags=tags)
    again = registry.register("feed", ranker, None, key="once", tags=tags)
    assert first == again
    assert registry.register("feed", ranker, None, key="twice", tags=tags) != first
    rules = registry.register_rules("feed", ranker, author="adam")
    assert registry.register_rules("feed", ranker, author="adam") == rules


def test_an_interrupted_registration_goes_on_in_its_own_run(desk):
    """What was uploaded before a crash is found again: one run and one version in the end."""
    from slipway.registry import runs
    from slipway.registry.rest import Rest

    rest = Rest(desk.url, "slipway", desk.words["slipway"])
    started = runs.open_run(rest, "feed", "feed torn", {"registration_key": "feed:torn"})
    rest.upload(started.root, desk.folder("ranker", ranker_json="{}"), "ranker")
    tags = {"author": "adam", "origin": "manual", "fingerprint": "d" * 64}
    ranker = desk.folder("ranker", ranker_json="{}")
    version = desk.as_user().register("feed", ranker, None, key="torn", tags=tags)
    assert desk.as_user().facts("feed", version).run_id == started.id


def test_an_interrupted_projection_is_finished_by_the_next(desk):
    """With only the release tag written, the next look sets stage, reason and alias; then rests."""
    version = desk.register()
    registry = desk.as_user()
    desk.step(version, Stage.OFFERED)
    desk.step(version, Stage.SHADOW)
    projected = {"name": "feed", "key": "slipway.projected"}
    before = str(desk.state.epoch - 1)
    path = "/api/2.0/mlflow/registered-models/set-tag"
    assert desk.call("slipway", "POST", path, **projected, value=before).is_success
    desk.tag("slipway", version, "stage", "offered")
    path = "/api/2.0/mlflow/registered-models/alias"
    assert desk.call("slipway", "DELETE", path, name="feed", alias="candidate").is_success
    changed = registry.project(desk.state, desk.past)
    assert set(changed) == {f"{version}.stage", "candidate"}
    assert registry.project(desk.state, desk.past) == ()
    desk.step(version, Stage.REJECTED)


def test_an_older_projection_changes_nothing(desk):
    """A late look that still holds an older ledger leaves the newer picture alone."""
    version = desk.register()
    desk.step(version, Stage.OFFERED)
    desk.step(version, Stage.SHADOW)
    now = desk.as_user().release_state("feed")
    from slipway.domain.release import fold

    older = desk.past[:-1]
    assert desk.as_user().project(fold("feed", older), older) == ()
    assert desk.as_user().release_state("feed") == now
    desk.step(version, Stage.REJECTED)


def test_a_ledger_behind_the_registry_takes_away_and_shows_nothing_else(desk):
    """Of a restored older ledger only what it takes off is shown, at once, and no epoch goes back."""
    from slipway.domain.release import fold

    version = desk.register()
    registry = desk.as_user()
    for stage in (Stage.OFFERED, Stage.SHADOW):
        desk.step(version, stage)
    desk.step(version, Stage.CANARY_5, share=0.05)
    shown = registry.release_state("feed")
    assert shown.share == 0.05
    assert registry.all_tags("feed")[version]["stage"] == Stage.CANARY_5
    older = desk.past[:-2]
    changed = registry.project(fold("feed", older), older, at_most=True)
    assert changed == ("slipway.release", "candidate")
    now = registry.release_state("feed")
    assert (now.epoch, now.share, now.champion) == (shown.epoch, 0.0, shown.champion)
    assert registry.project(fold("feed", older), older, at_most=True) == ()
    desk.step(version, Stage.RETURNED)


def test_what_stopped_a_run_is_kept_with_its_docs(desk):
    """A run stopped before training is a failed run with the reason and the validation pages."""
    docs = desk.folder("docs", index_html="<h1>position is set by the ranking</h1>")
    words = {"key": "w7", "reason": "position is set by the ranking", "docs": docs, "tags": {}}
    url = desk.as_user().log_validation_failure("feed", **words)
    assert desk.as_user().log_validation_failure("feed", **words) == url
    run = url.split("/runs/")[1].split("/")[0]
    found = desk.call("adam", "GET", f"/api/2.0/mlflow/runs/get?run_id={run}").json()["run"]
    assert found["info"]["status"] == "FAILED"
    page = desk.call("adam", "GET", f"/get-artifact?path=evidence/index.html&run_uuid={run}")
    assert "set by the ranking" in page.text


def test_every_write_is_in_the_audit_log(desk):
    """Approval, refusal and upload leave a line with user, route and status; no password does."""
    version = desk.waiting()
    desk.tag("slipway", version, "review", WORD)
    desk.tag("rita", version, "review", WORD)
    text = desk.server.audit_log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    said = [
        (line["user"], line["status"])
        for line in lines
        if (line.get("body") or {}).get("key") == "review" and line["body"]["version"] == version
    ]
    assert said == [("slipway", 403), ("rita", 200)]
    assert any("/mlflow-artifacts/" in line["path"] and line["status"] == 200 for line in lines)
    assert not any(word in text for word in desk.words.values())


def test_unknown_versions_and_a_silent_server_are_told_apart(desk):
    """An unknown version is a clear error of its own; a server that is away is another."""
    with pytest.raises(UnknownReference, match="feed version 99999"):
        desk.as_user().facts("feed", "99999")
    from registry_kit import free_port
    from slipway.registry.client import Registry

    away = Registry(f"http://127.0.0.1:{free_port()}", "x", "y", desk.home / "none")
    with pytest.raises(RegistryUnavailable, match="start it again"):
        away.facts("feed", "1")


def test_a_leaked_word_and_a_removed_reviewer_are_void_after_a_restart(desk):
    """The old word opens nothing, the new one approves; Ruth's words do not count, nor can she say any."""
    by_ruth, by_rita = desk.waiting(), desk.waiting()
    desk.as_user("ruth").set_review("feed", by_ruth, WORD)
    old, environment = desk.words["rita"], desk.environment
    prepare(desk.server, desk.words | {"rita": "another, better word"})
    desk.stop()
    desk.environment = environment | {"SLIPWAY_REVIEWERS": "rita"}
    desk.start()
    try:
        assert desk.tag("rita", by_rita, "review", WORD).status_code == 401
        desk.words["rita"] = "another, better word"
        assert desk.tag("ruth", by_rita, "review", WORD).status_code == 403
        assert desk.tag("rita", by_rita, "review", WORD).is_success
        with pytest.raises(ApprovalRefused, match="no reviewer any more"):
            desk.as_user().use_approval("feed", by_ruth)
        assert "the password of rita is the declared one now" in desk.log.read_text()
    finally:
        desk.words["rita"], desk.environment = old, environment
        prepare(desk.server, desk.words)
        desk.stop()
        desk.start()


def test_a_restart_in_mid_projection_loses_nothing(desk):
    """With the server gone a look fails clearly; after the restart the next look finishes it."""
    version = desk.register()
    desk.step(version, Stage.OFFERED)
    desk.line(version, Stage.SHADOW)
    registry = desk.as_user()
    desk.stop()
    try:
        with pytest.raises(RegistryUnavailable, match="finished by the next look"):
            registry.project(desk.state, desk.past)
    finally:
        desk.start()
    assert registry.project(desk.state, desk.past)
    assert registry.release_state("feed").candidate == version
    assert registry.facts("feed", version).tags["stage"] == "shadow"
    desk.step(version, Stage.REJECTED)
