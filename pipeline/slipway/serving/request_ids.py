"""Request ids that any worker can recognise as issued here, also after a restart."""

import hashlib
import hmac
import os
from itertools import count
from pathlib import Path

from slipway.domain.errors import BadConfig

_KEY_BYTES = 32
_MAC_BYTES = 6
_MAC_LENGTH = 2 * _MAC_BYTES


class RequestIds:
    """Issues unique ids ``<worker><number>-<mac>`` and tells own ones from others'.

    All workers of an installation share the key ``router/request.key``; it is made once. Raises
    BadConfig for one that is too short to tell own ids from others'.
    """

    def __init__(self, home: Path) -> None:
        self._key = _key(home / "router" / "request.key")
        self._worker = os.urandom(6).hex()
        self._numbers = count()

    def issue(self, line: str) -> str:
        """A new id for a request on ``line``."""
        name = f"{self._worker}{next(self._numbers):06x}"
        return f"{name}-{self._mac(line, name)}"

    def issued(self, line: str, request_id: str) -> bool:
        """Whether an installation with this key has issued ``request_id`` for ``line``."""
        name, dash, mac = request_id.rpartition("-")
        return (
            bool(dash) and request_id.isascii() and hmac.compare_digest(mac, self._mac(line, name))
        )

    def _mac(self, line: str, name: str) -> str:
        text = f"{line}/{name}".encode()
        return hashlib.blake2b(text, key=self._key, digest_size=_MAC_BYTES).hexdigest()


def _key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".request.key.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(_KEY_BYTES))
            file.flush()
            os.fsync(descriptor)  # an empty key after a power cut would be anybody's
        try:
            os.link(draft, path)  # whoever comes first; the others read it
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = path.read_bytes()
    if not _KEY_BYTES <= len(key) <= hashlib.blake2b.MAX_KEY_SIZE:
        raise BadConfig(
            "router/request.key",
            found=f"{len(key)} bytes",
            expected=f"{_KEY_BYTES} to {hashlib.blake2b.MAX_KEY_SIZE} random bytes",
            next_step="remove the file and start again; outcomes of answers given before are refused",
        )
    return key
