"""Metrics never cost an answer: where their file has no room, they are not counted."""

import os

import pytest
from prometheus_client import CollectorRegistry, Counter
from slipway.serving import metrics
from slipway.serving.metrics import Quiet


class Full(Counter):
    """A counter whose file cannot be made."""

    broken = True

    def labels(self, *words, **more):
        """Break, while it is broken."""
        if self.broken:
            raise OSError(24, "Too many open files", "/somewhere/counter_1.db")
        return super().labels(*words, **more)


def test_a_value_without_a_file_counts_nothing_and_then_counts():
    """The answer goes on, and counting begins again when there is room."""
    counter = Full("c", "c", ["line"], registry=CollectorRegistry())
    quiet = Quiet(counter, "feed")
    quiet.inc()
    with pytest.raises(OSError, match="open files"):
        quiet.child()
    counter.broken = False
    quiet.inc(2)
    assert quiet.child()._value.get() == 2


def test_a_workers_files_get_their_blocks(tmp_path):
    """A hole in a mapped file ends the process that writes to it on a full disk."""
    own, other = (tmp_path / f"counter_{pid}.db" for pid in (os.getpid(), 1))
    for path in (own, other):
        with path.open("wb") as file:
            file.truncate(65_536)
    metrics.reserve(tmp_path)
    assert own.stat().st_blocks * 512 >= 65_536
    assert other.stat().st_blocks * 512 < 65_536
