"""An attestation that was not signed for this very version, or whose version changed, is nothing."""

import dataclasses
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.domain.errors import ApprovalRefused
from slipway.registry.attestation import attested, key_id, sign
from slipway.registry.names import ATTESTATION
from slipway.registry.server.keys import raw_public


def known(public):
    """The one key of a server, by its id."""
    raw = raw_public(public)
    return {key_id(raw): raw}


def with_tag(facts, value):
    return dataclasses.replace(facts, tags={**facts.tags, ATTESTATION: value})


@pytest.fixture
def reviewed(waiting, approval, key):
    """A version with a genuine review."""
    facts = waiting()
    return with_tag(facts, sign(approval(), facts, key).to_json())


def test_a_genuine_review_is_read_back(reviewed, approval, key):
    """What was signed comes back as the same approval, now with its signature."""
    found = attested(reviewed, known(key.public_key()))
    assert dataclasses.replace(found, signature_hex="") == approval()
    assert len(bytes.fromhex(found.signature_hex)) == 64


def test_a_review_outlives_the_key_that_signed_it(reviewed, approval, key):
    """After a rotation the old public key, kept by its id, still verifies; so does one without id."""
    fresh = Ed25519PrivateKey.generate().public_key()
    both = {**known(fresh), **known(key.public_key())}
    raw = json.loads(reviewed.tags[ATTESTATION])
    assert raw["key_id"] in both
    for tag in (raw, {name: raw[name] for name in raw if name != "key_id"}):
        found = attested(with_tag(reviewed, json.dumps(tag)), both)
        assert dataclasses.replace(found, signature_hex="") == approval()


def test_no_attestation_is_no_review(waiting, key):
    """A version nobody reviewed has no word, and that is no error."""
    assert attested(waiting(), known(key.public_key())) is None


def test_another_servers_signature_is_forged(reviewed):
    """A review signed by a key that is not the server's is refused."""
    foreign = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(ApprovalRefused, match="signed by the registry's server"):
        attested(reviewed, known(foreign))


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("approval", "decision", "reject"),
        ("approval", "reviewer", "mallory"),
        ("approval", "evidence_digest", "9" * 64),
        ("approval", "model_fingerprint", "9" * 64),
        ("approval", "version", "4"),
        ("seal", "ranker_digest", "9" * 64),
        ("seal", "source", "mlflow-artifacts:/1/other/ranker"),
    ],
)
def test_an_altered_word_is_forged(reviewed, key, part, name, value):
    """Changing any field of a signed review, or of its seal, makes it worthless."""
    raw = json.loads(reviewed.tags[ATTESTATION])
    raw[part][name] = value
    with pytest.raises(ApprovalRefused):
        attested(with_tag(reviewed, json.dumps(raw)), known(key.public_key()))


def test_a_review_copied_to_another_version_is_forged(reviewed, key):
    """The review of version 3 says nothing about version 4."""
    other = dataclasses.replace(reviewed, version="4")
    with pytest.raises(ApprovalRefused, match="review of feed version 3"):
        attested(other, known(key.public_key()))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"description": "another page"}, "description_sha256"),
        ({"source": "mlflow-artifacts:/1/other/ranker"}, "source"),
        ({"run_id": "other"}, "run_id"),
    ],
)
def test_a_version_changed_after_its_review_is_refused(reviewed, key, change, word):
    """The page, the files and the run must still be those that the reviewer saw."""
    with pytest.raises(ApprovalRefused, match=f"another {word}"):
        attested(dataclasses.replace(reviewed, **change), known(key.public_key()))


@pytest.mark.parametrize("tag", ["ranker_digest", "author", "origin", "evidence_files"])
def test_a_tag_changed_after_its_review_is_refused(reviewed, key, tag):
    """Digests, author and origin are under the reviewer's seal."""
    changed = dataclasses.replace(reviewed, tags={**reviewed.tags, tag: "other"})
    with pytest.raises(ApprovalRefused, match=f"another {tag}"):
        attested(changed, known(key.public_key()))


@settings(max_examples=60, deadline=None)
@given(text=st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_no_invented_text_counts_as_a_review(text):
    """Whatever somebody writes into the tag, it is refused and never read as an approval."""
    from slipway.registry.facts import VersionFacts

    facts = VersionFacts("feed", "3", {ATTESTATION: text})
    with pytest.raises(ApprovalRefused):
        attested(facts, {"x": b"\x01" * 32})
