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

PRIVATE_NAME, PUBLIC_NAME = "review.key", "review.pub"


class KeyPair(NamedTuple):
    """Paths of one Ed25519 pair: the private half in PEM, the public half as 32 raw bytes."""

    private: Path
    public: Path


def create_key_pair(folder: Path) -> KeyPair:
    """The key pair in ``folder``, created where it is missing (private half: mode 0600).

    Safe when two processes call it at once: the first private key stays.
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
    if not pair.public.exists() or pair.public.read_bytes() != raw:
        part = pair.public.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(raw)
        part.replace(pair.public)
    return pair


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
            next_step="take the read permission of others away and make a new pair",
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
        next_step="create the pair again; old approvals then no longer verify",
    )


def raw_public(key: Ed25519PublicKey) -> bytes:
    """The 32 raw bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
