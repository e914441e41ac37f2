"""What a page says beside the numbers comes from ledger and registry; what is not there is not known."""

import json
from types import SimpleNamespace

import pytest
import review_kit
from slipway.data import json_file
from slipway.domain.errors import UnknownReference
from slipway.domain.loop import LoopMeasurements
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.monitoring.loop_report import LoopReport
from slipway.steps import context, publish, review_facts


class Shelf:
    """A registry with the records of versions, and what was attached and described."""

    def __init__(self):
        self.records = {"5": b'{"rows": 5}', "7": b'{"rows": 7}', "8": b"[]"}
        self.tags, self.files, self.described = {}, [], ""

    def evidence_file(self, _line, version, path):
        """A file of the evidence."""
        assert path == "evidence/run.json"
        if version == "9":
            raise UnknownReference("version", found="9", expected="registered", next_step="-")
        return self.records.get(version)

    def facts(self, _line, _version):
        """The tags of a version."""
        return SimpleNamespace(tags=self.tags)

    def attached(self, *_of):
        """Nothing of an older Slipway."""
        return {}

    def attach(self, _line, _version, folder, _place):
        """Keep what is attached."""
        self.files += sorted(path.name for path in folder.iterdir())

    def describe(self, _line, _version, text):
        """Keep the short form."""
        self.described = text

    def bind(self, *_of):
        """Bound to the review to come."""


@pytest.fixture
def shelf(home, monkeypatch):
    """A registry without a server."""
    found = Shelf()
    monkeypatch.setattr(context, "registry", lambda: found)
    return found


@pytest.mark.parametrize("text", ["[]", "not JSON"])
def test_a_damaged_file_of_the_watch_is_said_and_keeps_no_page_back(shelf, text):
    """What earlier promises came to is beside the decision: it is not known then, and the page is written."""
    (context.folder("feed", "watch") / "promises.json").write_text(text)
    past = review_kit.past(review_kit.FEED, Stage.APPROVAL)
    found = review_facts.of_step(review_kit.FEED, past[-1], past)
    assert found.promises.startswith("not known: what the watch kept cannot be read")


def test_who_decides_reads_whether_the_champion_feeds_on_its_clicks(shelf):
    """What the gate last said of the champion's loop stands on the page of the next release; nothing before."""
    past = review_kit.past(review_kit.FEED, Stage.APPROVAL)
    assert not review_facts.of_step(review_kit.FEED, past[-1], past).loop
    proven = Verdict("feedback_loop", Conclusion.FAIL, "chance's clicks would gain +5.0%")
    said = LoopReport(LoopMeasurements("feed"), proven, None).to_dict()
    json_file.write(context.folder("feed", "watch") / "loop.json", said)
    found = review_facts.of_step(review_kit.FEED, past[-1], past).loop
    assert found.startswith("it feeds on its own clicks")
    assert found.endswith("+5.0%")


def test_the_opponent_is_who_goes_on_without_the_candidate(shelf):
    """At the review the champion of the ledger is the other side, with its own record and the review's end."""
    past = review_kit.past(review_kit.FEED, Stage.APPROVAL)
    found = review_facts.of_step(review_kit.FEED, past[-1], past)
    assert (found.champion, found.run, found.champion_run) == ("5", {"rows": 7}, {"rows": 5})
    assert (found.asked_until - past[-1].at).days == review_kit.FEED.policy.timeout_days
    assert not found.one_reviewer  # nobody says here who adam is


@pytest.mark.parametrize("version", [None, "6", "8", "9"])
def test_a_version_without_a_record_is_not_guessed(shelf, version):
    """No version, no file, a file of something else, no such version: not known, and no error."""
    assert review_facts.record_of("feed", version) is None


def test_topics_have_a_page_at_their_review_but_never_after_the_word(shelf):
    """Clusters answer no requests and yet are asked about; a page that came late would void the approval."""
    past = review_kit.past(review_kit.POSTS, Stage.APPROVAL)
    shelf.tags = {"slipway.attestation": "{}"}
    publish.attach_once("posts", past)
    assert shelf.files == []
    shelf.tags = {}
    publish.attach_once("posts", past)
    assert "evidence.html" in shelf.files
    assert "approval" in shelf.described
    assert "- decision: Shall the clusters of version 7" in shelf.described
    assert "- not tested: " in shelf.described
    assert len(shelf.described) <= 4500
    first = list(shelf.files)
    publish.attach_once("posts", past)
    assert shelf.files == first


def test_a_step_with_users_and_no_look_has_no_page(shelf):
    """A rollback by hand was taken on nothing that could be shown."""
    publish.attach_once("feed", review_kit.past(review_kit.FEED, Stage.RETURNED))
    assert shelf.files == []
    assert json.loads(shelf.records["5"]) == {"rows": 5}
