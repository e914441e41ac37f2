"""Is this review genuine, for this very evidence, and by someone else than the author?

Verified here once more before any traffic moves, whatever the registry's server checked before.
"""

from collections.abc import Iterable, Sequence
from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused
from slipway.domain.people import NOBODY, FourEyes, People, four_eyes, has_words
from slipway.domain.release import Candidate
from slipway.domain.stage import Stage

RAW_KEY_BYTES = 32


def verify(
    approval: Approval,
    public_key: bytes | Iterable[bytes],
    line: str,
    candidate: Candidate,
    people: People = NOBODY,
    *,
    at_least: int = 1,
) -> Approval:
    """``approval``, if it counts for ``candidate`` of ``line``; else raises ApprovalRefused.

    ``public_key`` is the registry's Ed25519 key: PEM, 32 raw bytes, or their hexadecimal; or all that
    it ever had, of which one must have signed. ``at_least`` persons are asked for by the policy. Refused
    are: a forged or altered review, one for other evidence or another model (stale), one for a
    version that does not wait for a review (repeated), one by the author or by too few ``people``, and
    one without a reason.
    """
    keys = [public_key] if isinstance(public_key, bytes) else list(public_key)
    _check_signature(approval, keys)
    expected = {
        "line": line,
        "version": candidate.version,
        "model_fingerprint": candidate.fingerprint,
        "evidence_digest": candidate.evidence_digest,
    }
    for name, value in expected.items():
        if getattr(approval, name) != value:
            _refuse(name, getattr(approval, name), f"{value}", "review the present evidence")
    if candidate.stage is not Stage.APPROVAL:
        _refuse("stage", candidate.stage.value, "approval", "it does not wait for a review")
    found = four_eyes(candidate.author, approval.reviewers, people, at_least)
    if found is not FourEyes.ENOUGH and (
        approval.decision == "approve" or found is FourEyes.AUTHOR
    ):
        _refuse("reviewer", approval.reviewer, found.value, "ask a second person to review")
    if not has_words(approval.reason):
        _refuse("reason", approval.reason, "a sentence", "say why")
    return approval


def _check_signature(approval: Approval, public_keys: Sequence[bytes]) -> None:
    for raw in public_keys:
        try:
            key = _load(raw)
        except ValueError:
            _refuse("public key", f"{len(raw)} bytes", "an Ed25519 key", "restore the key file")
        try:
            key.verify(bytes.fromhex(approval.signature_hex), approval.signed_bytes())
        except (InvalidSignature, ValueError):
            continue
        return
    _refuse(
        "signature_hex",
        f"{approval.signature_hex[:16]}...",
        "the registry's signature of this very review",
        "review in the registry; nothing was promoted",
    )


def _load(public_key: bytes) -> Ed25519PublicKey:
    raw = public_key
    if raw.startswith(b"-----BEGIN"):
        key = load_pem_public_key(raw)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("not an Ed25519 key")
        return key
    if len(raw) != RAW_KEY_BYTES:
        raw = bytes.fromhex(raw.decode("ascii").strip())
    return Ed25519PublicKey.from_public_bytes(raw)


def _refuse(name: str, found: object, expected: str, next_step: str) -> NoReturn:
    raise ApprovalRefused(f"approval.{name}", found=found, expected=expected, next_step=next_step)
