"""The signed review as the registry keeps it: the approval and a seal on what the reviewer saw."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused, BadConfig
from slipway.registry.facts import VersionFacts
from slipway.registry.names import (
    ATTESTATION,
    AUTHOR,
    EVIDENCE_FILES,
    LIVE_FILES,
    ORIGIN,
    RANKER_DIGEST,
    RUN_DATA,
)

RAW_BYTES, _KEY_ID = 32, 16
_FIRST_SEALED = (AUTHOR, ORIGIN, RANKER_DIGEST, EVIDENCE_FILES)
_SEALED = (*_FIRST_SEALED, LIVE_FILES, RUN_DATA)
_ALWAYS = {"source", "run_id", "description_sha256", *_FIRST_SEALED}
"""Under every seal; those of an older Slipway hold no more."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """An approval with the seal: a second signature over approval and sealed facts."""

    approval: Approval
    seal: Mapping[str, str]
    seal_signature_hex: str = ""
    key_id: str = ""  # of the key that signed both; attestations of 0.1 do not say it

    def sealed_bytes(self) -> bytes:
        """Canonical bytes of the second signature."""
        body = {"approval": self.approval.to_dict(), "seal": dict(self.seal)}
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

    def to_json(self) -> str:
        """The value of the tag; :meth:`from_json` reads it back."""
        raw = asdict(self) | {"approval": self.approval.to_dict()}
        return json.dumps(raw, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, of: str) -> Self:
        """Read a tag's value; ``of`` names the version. Raises ApprovalRefused."""
        try:
            raw: dict[str, Any] = json.loads(text)
            seal = {str(k): str(v) for k, v in raw["seal"].items()}
            approval = Approval.from_dict(raw["approval"])
            return cls(approval, seal, str(raw["seal_signature_hex"]), str(raw.get("key_id", "")))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _forged(of, text[:60]) from error


def public_key_bytes(path: Path) -> bytes:
    """The 32 raw bytes of the public key in file ``path``; raises BadConfig."""
    found = path.read_bytes() if path.is_file() else b""
    if len(found) != RAW_BYTES:
        raise BadConfig(
            "SLIPWAY_PUBLIC_KEY",
            found=f"{path} with {len(found)} bytes",
            expected=f"a file of {RAW_BYTES} bytes",
            next_step="copy review.pub from the MLflow server",
        )
    return found


def key_id(public_key: bytes) -> str:
    """What a public key is called in file names and attestations: the start of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:_KEY_ID]


def kept_as(path: Path, public_key: bytes) -> Path:
    """Where a public key is kept after another one took its place at ``path``."""
    return path.with_name(f"{path.stem}-{key_id(public_key)}{path.suffix}")


def public_keys(path: Path) -> dict[str, bytes]:
    """All known public keys by their id: the one at ``path``, and those it replaced.

    A kept key whose file does not hold what it is called after is none. Raises BadConfig where there
    is no key at all.
    """
    kept = [part for part in path.parent.glob(f"{path.stem}-*{path.suffix}") if part.is_file()]
    old = {key_id(raw): raw for part in kept if part == kept_as(path, raw := part.read_bytes())}
    try:
        present = public_key_bytes(path)
    except BadConfig:
        if not old:
            raise
        return old
    return {key_id(present): present, **old}


def facts_under_seal(facts: VersionFacts) -> dict[str, str]:
    """What the reviewer's word covers beside the evidence digest."""
    return {
        "source": facts.source,
        "run_id": facts.run_id,
        "description_sha256": hashlib.sha256(facts.description.encode()).hexdigest(),
        **{key: facts.tags.get(key, "") for key in _SEALED},
    }


def sign(approval: Approval, facts: VersionFacts, key: Ed25519PrivateKey) -> Attestation:
    """Sign an approval and seal what it was given for."""
    signed = replace(approval, signature_hex=key.sign(approval.signed_bytes()).hex())
    plain = Attestation(signed, facts_under_seal(facts), key_id=key_id(_raw(key.public_key())))
    return replace(plain, seal_signature_hex=key.sign(plain.sealed_bytes()).hex())


def attested(facts: VersionFacts, keys: Mapping[str, bytes]) -> Approval | None:
    """The verified review of a version, or ``None`` where nobody has reviewed it.

    Args:
        facts: the version as the registry shows it now.
        keys: the server's public keys by their id, 32 raw bytes each: the present one and those
            that it replaced.

    Raises:
        ApprovalRefused: the tag was forged or copied, or what was reviewed has changed since.
    """
    text = facts.tags.get(ATTESTATION)
    if text is None:
        return None
    found = Attestation.from_json(text, facts.name)
    approval = found.approval
    may_have_signed = [keys[found.key_id]] if found.key_id in keys else list(keys.values())
    if not any(_signed_by(key, found) for key in may_have_signed):
        raise _forged(facts.name, approval.signature_hex[:16])
    if (approval.line, approval.version) != (facts.model, facts.version):
        raise _forged(facts.name, f"the review of {approval.line} version {approval.version}")
    now = facts_under_seal(facts)
    named = {*_ALWAYS, *found.seal}
    changed = sorted(k for k in named if now.get(k) != found.seal.get(k))
    if changed:
        raise ApprovalRefused(
            f"review of {facts.name}",
            found=f"another {', '.join(changed)}",
            expected="what the reviewer saw",
            next_step="train and review a new version; this one was changed after its review",
        )
    return approval


def _signed_by(public_key: bytes, found: Attestation) -> bool:
    approval = found.approval
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(bytes.fromhex(approval.signature_hex), approval.signed_bytes())
        key.verify(bytes.fromhex(found.seal_signature_hex), found.sealed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _forged(of: str, found: str) -> ApprovalRefused:
    return ApprovalRefused(
        f"{ATTESTATION} of {of}",
        found=found,
        expected="signed by the registry's server for this version",
        next_step="look into the audit log: somebody wrote past the guard",
    )
