"""Reviewers who sign with keys of their own, where no guard of Slipway's can run inside the MLflow server.

Each reviewer holds a private key in an account of the operating system's that is nobody else's; the public
halves lie in one folder (``SLIPWAY_REVIEWER_KEYS``), ``<account>.pub`` each, that the pipeline reads and may
not write: whoever may, could sign as anybody.
"""

import os
import re
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from slipway.domain.approval import Approval
from slipway.domain.errors import BadConfig
from slipway.registry.attestation import key_id, public_key_bytes, public_keys

SUFFIX = ".pub"
_ACCOUNT = re.compile(r"[\w.@+-]{1,100}")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def make(private: Path) -> bytes:
    """A new private key in the file ``private`` (mode 0600); returns its public half, 32 raw bytes.

    Raises BadConfig for a file that is there already.
    """
    key = Ed25519PrivateKey.generate()
    private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        place = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadConfig(
            "reviewer's key",
            found=str(private),
            expected="a new file",
            next_step="a key that was used signs on; to replace it, move it away first",
        ) from error
    with os.fdopen(place, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return public_half(key)


def public_half(key: Ed25519PrivateKey) -> bytes:
    """The 32 raw bytes that whoever checks a signature needs."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def signing_key(private: Path) -> Ed25519PrivateKey:
    """The reviewer's private key; raises BadConfig for one that others may read, or that is none."""
    try:
        found, mode = private.read_bytes(), private.stat().st_mode
        key = load_pem_private_key(found, None)
    except (OSError, ValueError, TypeError) as error:
        raise _bad(private, str(error), "an Ed25519 key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _bad(private, type(key).__name__, "an Ed25519 key in PEM")
    if mode & _OTHERS:
        raise _bad(private, f"mode {stat.S_IMODE(mode):o}", "600: nobody else may read it")
    return key


def of_account(folder: Path, account: str) -> bytes:
    """The public key of a reviewer's account.

    Raises BadConfig where there is none, and where this process's own user may write there.
    """
    if not _ACCOUNT.fullmatch(account):
        raise _no_key(folder, account)
    path = folder / f"{account}{SUFFIX}"
    if not path.is_file():
        raise _no_key(folder, account)
    for place in (folder, path):
        _check_owner(place)
    return public_key_bytes(path)


def may_sign(server: Path, reviewers: Path | None, approval: Approval) -> dict[str, bytes]:
    """The public keys, by their id, of which one must have signed ``approval``.

    Where reviewers have keys of their own, the one of the reviewer alone: two persons' word is never one
    person's signature. Else those of the registry's server. Raises BadConfig.
    """
    if reviewers is None:
        return public_keys(server)
    if len(approval.reviewers) != 1:
        return {}
    raw = of_account(reviewers, approval.reviewer)
    return {key_id(raw): raw}


def _check_owner(path: Path) -> None:
    of = path.stat()
    if of.st_uid == os.geteuid() or of.st_mode & _WRITTEN_BY_OTHERS:
        raise BadConfig(
            "SLIPWAY_REVIEWER_KEYS",
            found=f"{path}, which this account may write",
            expected="owned by an administrator, and written by nobody else",
            next_step="chown it: who may write reviewers' keys could approve as anybody",
        )


def _no_key(folder: Path, account: str) -> BadConfig:
    return BadConfig(
        "SLIPWAY_REVIEWER_KEYS",
        found=f"no {account[:100]}{SUFFIX} in {folder}",
        expected="the public key of the reviewer's account",
        next_step="let an administrator put it there: `slipway reviewer-key` makes the pair",
    )


def _bad(path: Path, found: str, expected: str) -> BadConfig:
    return BadConfig(
        f"reviewer's key {path}",
        found=found,
        expected=expected,
        next_step="make one with `slipway reviewer-key`",
    )
