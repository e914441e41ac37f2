"""The signing key: private, stable, refused when wrong."""

import pytest
from slipway.domain.errors import BadConfig
from slipway.registry.attestation import kept_as, key_id, public_key_bytes, public_keys
from slipway.registry.server.keys import copy_public, create_key_pair, load_private, raw_public


def mode(path):
    return path.stat().st_mode & 0o777


def test_the_private_key_is_private_and_stays(tmp_path):
    """The signing key is readable by its owner alone and is never made again."""
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


def test_a_key_that_was_replaced_is_kept_by_its_id(tmp_path):
    """A new pair leaves the old public key beside it; what was taken away is known no more."""
    pair = create_key_pair(tmp_path)
    old = public_key_bytes(pair.public)
    pair.private.unlink()
    create_key_pair(tmp_path)
    new = public_key_bytes(pair.public)
    assert new != old
    assert public_keys(pair.public) == {key_id(new): new, key_id(old): old}
    kept_as(pair.public, old).write_bytes(new)  # a file that is not what it is called after
    assert public_keys(pair.public) == {key_id(new): new}


def test_all_public_keys_travel_to_their_readers(tmp_path):
    """Where keys are copied from a server, those that were replaced come with them."""
    pair = create_key_pair(tmp_path / "server")
    pair.private.unlink()
    create_key_pair(tmp_path / "server")
    there = tmp_path / "home" / "keys" / "review.pub"
    copy_public(pair.public, there)
    assert public_keys(there) == public_keys(pair.public)
    assert len(public_keys(there)) == 2
