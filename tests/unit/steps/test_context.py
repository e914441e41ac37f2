"""Each run has a working folder of its own."""

import pytest
from slipway.settings import settings
from slipway.steps import context


@pytest.fixture
def root(tmp_path, monkeypatch):
    """The working folder of the line feed in a home of its own."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path / "work" / "feed"
    settings.cache_clear()


def test_no_two_runs_share_a_folder(root):
    """Ids that differ in signs, letters, case or length alone have folders of their own below the line's."""
    keys = (
        "a.b", "a-b", "a+b", "a b", "A.b", "~", ".", "..", "-", "", "ä", "a" * 250, "a" * 249 + "b",
        "evidence", "looks", "runs", "rules", "a/../b", "日" * 120,
    )  # fmt: skip
    folders = [context.run_folder("feed", key) for key in keys]
    assert len(set(folders)) == len(keys)
    assert {folder.parent for folder in folders} == {root / "runs"}
    assert [context.run_folder("feed", key) for key in keys] == folders


def test_a_run_that_an_older_version_began_goes_on_in_its_folder(root):
    """A folder named with letters and digits alone is found again, and by one run only."""
    former = root / "a-b"
    former.mkdir(parents=True)
    (former / "stopped.json").write_text("{}")
    assert context.run_folder("feed", "a.b") == former
    assert context.run_folder("feed", "a-b") != former
    assert context.run_folder("feed", "a.b") == former


def test_folders_of_the_line_itself_are_nobodys(root):
    """A run that is called as a folder of the line keeps away from it."""
    for name in ("evidence", "looks", "fingerprints", "rules", "runs"):
        (root / name).mkdir(parents=True, exist_ok=True)
        assert context.run_folder("feed", name) != root / name
        assert not (root / name / "run.json").exists()
