"""Parts of hours: each is there once or not at all, and a missing one is an error."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from slipway.data import part_chain
from slipway.data.part_chain import PartChain
from slipway.domain.errors import BadInput

T0 = datetime(2026, 1, 5, 6, tzinfo=UTC)
SCHEMA = pa.schema([("user", pa.string()), ("requests", pa.int64()), ("fallbacks", pa.int64())])


def at(hours):
    """Hours after T0."""
    return T0 + timedelta(hours=hours)


def rows(*counts):
    """One row for each (requests, fallbacks)."""
    names = [str(k) for k in range(len(counts))]
    requests, fallbacks = zip(*counts, strict=True)
    return {"t": pa.table([names, requests, fallbacks], schema=SCHEMA)}


def test_the_first_commit_wins(tmp_path):
    """Neighbours that make a part from the same hour leave one of them, whole."""
    chain = PartChain(tmp_path)
    parts = [chain.part(T0, at(hours)) for hours in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda part: chain.commit(part, rows((1, 0))), parts))
    (part,) = chain.parts()
    assert part in parts
    assert chain.end == part.end
    assert part_chain.read([part], "t", SCHEMA).num_rows == 1
    chain.commit(chain.part(T0, at(20)), rows((2, 1)))
    assert chain.parts() == [part]


def test_what_was_not_committed_is_not_there(tmp_path):
    """Tables without their commit are read by nobody."""
    chain = PartChain(tmp_path)
    chain.commit(chain.part(T0, at(1)), rows((1, 0)))
    chain.parts()[0].commit_file.unlink()
    assert chain.parts() == []
    assert chain.end is None


def test_a_hole_is_an_error_where_it_is_asked_for(tmp_path):
    """Hours on both sides of a missing part are no answer; hours after it are."""
    chain = PartChain(tmp_path)
    for begin in (0, 1, 3, 4):
        chain.commit(chain.part(at(begin), at(begin + 1)), rows((1, 0)))
    assert len(chain.between(at(3), at(5))) == 2
    with pytest.raises(BadInput, match="a part from"):
        chain.between(at(1), at(5))


@pytest.mark.parametrize("counts", [(1, 2), (-1, 0), (1, -1)])
def test_counts_that_cannot_be_are_refused(tmp_path, counts):
    """More errors than requests, or fewer than none, name the file."""
    chain = PartChain(tmp_path)
    chain.commit(chain.part(T0, at(1)), rows(counts))
    with pytest.raises(BadInput, match="counts as low as"):
        part_chain.read(chain.parts(), "t", SCHEMA)


def test_a_damaged_part_is_named_and_not_left_open(tmp_path):
    """The error that is kept for a look's end keeps no file of the part open."""
    chain = PartChain(tmp_path)
    chain.commit(chain.part(T0, at(1)), rows((1, 0)))
    (part,) = chain.parts()
    path = part.file("t")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInput, match="a whole Parquet file") as kept:
        part_chain.read([part], "t", SCHEMA)
    open_files = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert path not in open_files, kept.value
