"""The signing key: private, stable, refused when wrong."""

import pytest
from slipway.domain.errors import BadConfig
from slipway.registry.attestation import public_key_bytes
from slipway.registry.server.keys import create_key_pair, load_private, raw_public


def mode(path):
    return path.stat().st_mode & 0o777


def test_the_private_key_is_private_and_stays(tmp_path):
    """The signing key is readable by its owner alone and is never made anew."""
    first = create_key_pair(tmp_path / "keys")
    before = first.private.read_bytes()
    again = create_key_pair(tmp_path / "keys")
    assert mode(first.private) == 0o600
    assert again.private.read_bytes() == before
    assert public_key_bytes(first.public) == raw_public(load_private(first.private).public_key())
    assert sorted(p.name for p in (tmp_path / "keys").iterdir()) == ["review.key", "review.pub"]


def test_a_lost_public_key_is_written_again(tmp_path):
    """The public half always belongs to the private one."""
    pair = create_key_pair(tmp_path)
    pair.public.write_bytes(b"x")
    with pytest.raises(BadConfig, match="SLIPWAY_PUBLIC_KEY"):
        public_key_bytes(pair.public)
    create_key_pair(tmp_path)
    assert len(public_key_bytes(pair.public)) == 32


def test_a_key_that_everyone_reads_is_no_key(tmp_path):
    """A signing key with public permissions is refused, as are other files."""
    pair = create_key_pair(tmp_path)
    pair.private.chmod(0o644)
    with pytest.raises(BadConfig, match="0o644"):
        load_private(pair.private)
    pair.private.chmod(0o600)
    pair.private.write_text("no key")
    with pytest.raises(BadConfig, match="an Ed25519 key in PEM"):
        load_private(pair.private)
    with pytest.raises(BadConfig, match="an existing PEM file"):
        load_private(tmp_path / "none")
