"""Reviews: only a genuine one, of this evidence, by another person, counts."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from people_kit import PEOPLE
from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused
from slipway.domain.stage import Stage
from slipway.release.approval import verify


@pytest.fixture
def waiting(candidate):
    """The candidate, waiting for its review."""
    return replace(candidate, stage=Stage.APPROVAL, evidence_digest="d" * 64)


def test_a_genuine_review_counts(review, public, key, waiting):
    """A signed review passes with the key raw, in hexadecimal or as PEM, also after JSON."""
    word = review(waiting)
    word = Approval.from_dict(json.loads(json.dumps(word.to_dict())))
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for form in (public, public.hex().encode(), pem):
        assert verify(word, form, "feed", waiting, PEOPLE) == word


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"line": "other"}, "line"),
        ({"version": "8"}, "version"),
        ({"evidence_digest": "e" * 64}, "evidence_digest"),
        ({"model_fingerprint": "0" * 64}, "model_fingerprint"),
        ({"reviewer": "adam"}, "reviewer"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_review_of_something_else_is_refused(review, public, waiting, changed, name):
    """Properly signed, but for another line, version, evidence or model, or by the author: refused."""
    with pytest.raises(ApprovalRefused, match=rf"approval\.{name} =="):
        verify(review(waiting, **changed), public, "feed", waiting, PEOPLE)


@pytest.mark.parametrize("stage", [Stage.CANARY_50, Stage.CHAMPION, Stage.RETURNED])
def test_a_repeated_review_is_refused(review, public, waiting, stage):
    """A review counts only while the version waits for one."""
    with pytest.raises(ApprovalRefused, match="stage"):
        verify(review(waiting), public, "feed", replace(waiting, stage=stage), PEOPLE)


@pytest.mark.parametrize(
    "forge",
    [
        lambda word: replace(word, reason="changed after signing"),
        lambda word: replace(word, decision="reject"),
        lambda word: replace(word, signature_hex=""),
        lambda word: replace(word, signature_hex="zz"),
        lambda word: replace(
            word, signature_hex=Ed25519PrivateKey.generate().sign(word.signed_bytes()).hex()
        ),
    ],
)
def test_a_forged_review_is_refused(review, public, waiting, forge):
    """Altered after signing, unsigned, or signed by another key: refused."""
    with pytest.raises(ApprovalRefused, match="signature"):
        verify(forge(review(waiting)), public, "feed", waiting, PEOPLE)


def test_a_broken_key_refuses_everything(review, waiting):
    """A key file that is none, or of another kind, approves nothing."""
    rsa = generate_private_key(65537, 2048).public_key()
    pem = rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for bad in (b"", b"x" * 31, b"\xff" * 40, pem):
        with pytest.raises(ApprovalRefused, match="key"):
            verify(review(waiting), bad, "feed", waiting, PEOPLE)


@pytest.mark.parametrize("raw", [{}, {"at": "yesterday"}, {"at": "2026-01-01", "extra": 1}])
def test_broken_json_is_refused(raw):
    """What is not the JSON of a review is refused with a sentence."""
    with pytest.raises(ApprovalRefused, match="JSON of one approval"):
        Approval.from_dict(raw)


def test_unknown_words_are_refused(review, waiting):
    """A review approves or rejects; there is no third word."""
    with pytest.raises(ApprovalRefused, match="approve, reject"):
        review(waiting, decision="maybe")
