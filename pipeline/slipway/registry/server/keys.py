"""The key pair of the review: only the MLflow server's process may read the private half."""

import os
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from slipway.domain.errors import BadConfig
from slipway.registry.attestation import RAW_BYTES, kept_as, public_key_bytes, public_keys

PRIVATE_NAME, PUBLIC_NAME = "review.key", "review.pub"


class KeyPair(NamedTuple):
    """Paths of one Ed25519 pair: the private half in PEM, the public half as 32 raw bytes."""

    private: Path
    public: Path


def create_key_pair(folder: Path) -> KeyPair:
    """The key pair in ``folder``, created where it is missing (private half: mode 0600).

    Safe when two processes call it at once: the first private key stays. Who takes the private key
    away gets a new pair; the old public key is kept beside it under its id, so that old reviews
    still count. After a leak take that file away, too: its reviews are then none.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    pair = KeyPair(folder / PRIVATE_NAME, folder / PUBLIC_NAME)
    if not pair.private.exists():
        fresh = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        _write_once(pair.private, fresh, 0o600)
    public = load_private(pair.private).public_key()
    raw = raw_public(public)
    old = pair.public.read_bytes() if pair.public.is_file() else b""
    if old != raw:
        _keep(pair.public, old)
        part = pair.public.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(raw)
        part.replace(pair.public)
    return pair


def _keep(path: Path, public: bytes) -> None:
    """Keep a public key of ``path`` under its id: another one may take its place there."""
    if len(public) == RAW_BYTES and not kept_as(path, public).exists():
        _write_once(kept_as(path, public), public, 0o644)


def replaced_keys(private: Path) -> dict[str, bytes]:
    """The public keys beside the signing key ``private`` that it replaced, by their id."""
    public = private.with_name(PUBLIC_NAME)
    try:
        return public_keys(public)
    except BadConfig:
        return {}


def copy_public(source: Path, target: Path) -> None:
    """Copy a public key and those that it replaced to where their readers look for them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for raw in public_keys(source).values():
        _keep(target, raw)
    part = target.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(public_key_bytes(source))
    part.replace(target)


def _write_once(path: Path, content: bytes, mode: int) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    try:
        os.link(part, path)  # a link never replaces: the first writer wins
    except FileExistsError:
        pass  # another process made the pair meanwhile; its key is as good
    finally:
        part.unlink()


def load_private(path: Path) -> Ed25519PrivateKey:
    """The signing key; raises BadConfig where it is missing, readable by everyone or not Ed25519."""
    if not path.is_file():
        raise BadConfig(
            "SLIPWAY_SIGNING_KEY",
            found=str(path),
            expected="an existing PEM file",
            next_step="create the pair with slipway.registry.server.keys.create_key_pair",
        )
    mode = path.stat().st_mode & 0o777
    if mode & 0o007:
        raise BadConfig(
            "SLIPWAY_SIGNING_KEY",
            found=oct(mode),
            expected="0o600 or 0o640",
            next_step="take the read permission of others away and make a new pair (remove"
            f" {PRIVATE_NAME} and start again)",
        )
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        key = None
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise BadConfig(
        "SLIPWAY_SIGNING_KEY",
        found=str(path),
        expected="an Ed25519 key in PEM",
        next_step="remove it and start again: a new pair is made, and old reviews still verify",
    )


def raw_public(key: Ed25519PublicKey) -> bytes:
    """The 32 raw bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
