"""``slipway audit`` says what it found by its exit code, a table, a page and JSON."""

import json

from audit_kit import honest
from slipway.cli import app
from typer.testing import CliRunner


def run(*words):
    return CliRunner().invoke(app, ["audit", *map(str, words)])


def test_exit_codes_tell_clear_from_accused(tmp_path):
    """0 for a clean table, 1 where somebody has to answer; page and JSON are written."""
    frame = honest(2000)
    frame.to_csv(tmp_path / "clean.csv", index=False)
    frame.assign(z=frame["label"] * 2).to_parquet(tmp_path / "leak.parquet")
    asked = ("--label", "label", "--time", "at", "--out", tmp_path)
    assert run(tmp_path / "clean.csv", *asked).exit_code == 0
    told = run(tmp_path / "leak.parquet", *asked)
    assert told.exit_code == 1
    assert "ask before training: z" in told.output
    assert (tmp_path / "audit.html").is_file()
    assert json.loads((tmp_path / "audit.json").read_text())["accused"] == ["z"]


def test_json_is_all_that_is_printed(tmp_path):
    """With --json, stdout is one JSON document."""
    honest(500).to_csv(tmp_path / "t.csv", index=False)
    told = run(tmp_path / "t.csv", "--label", "label", "--time", "at", "--out", tmp_path, "--json")
    assert json.loads(told.stdout)["table"] == "t.csv"
