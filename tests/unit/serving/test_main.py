"""How the router's parent begins."""

import os

from slipway.serving.__main__ import _prepare


def test_a_parent_begins_while_workers_of_the_one_before_still_count(tmp_path, monkeypatch):
    """What a draining worker writes into the folder of metrics as it is emptied stops nobody."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    folder, rmdir = tmp_path / "router" / "metrics-8900", os.rmdir
    folder.mkdir(parents=True)

    def counted_meanwhile(path, **where) -> None:
        (folder / "counter_7.db").touch()
        rmdir(path, **where)

    monkeypatch.setattr(os, "rmdir", counted_meanwhile)
    _prepare(tmp_path, 8900)
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(folder)
