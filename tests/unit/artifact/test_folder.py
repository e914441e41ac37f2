"""What is written into a ranker's folder is what those who score it need."""

import json

from slipway.artifact.folder import write_rules


def test_rules_are_stored_like_any_model(line, tmp_path):
    """The hand-written rules get a ranker folder of their own kind."""
    folder = write_rules(tmp_path / "rules", line, [1.0, 0.7])
    about = json.loads((folder / "ranker.json").read_text())
    assert about["kind"] == "rules"
    assert about["examination"] == [1.0, 0.7]
