"""Whatever a command prints with ``--json`` has a schema, and its exit code a row in the README."""

import json
import sys
from pathlib import Path

import jsonschema
import pytest
import typer
from slipway import cli
from slipway.cli.app import BAD_INPUT, DONE, FAULT, FOUND, STOPPED
from slipway.cli.schema import ITSELF, SCHEMAS, schema_of

README = Path(__file__).parents[3] / "README.md"


def commands(group, before=()):
    """Path → command, of the whole command line."""
    for name, command in group.commands.items():
        path = (*before, name)
        if hasattr(command, "commands"):
            yield from commands(command, path)
        else:
            yield " ".join(path), command


ALL = dict(commands(typer.main.get_command(cli.app)))
REPORTING = {
    path for path, command in ALL.items() if any("--json" in p.opts for p in command.params)
} - {"return"}


def test_every_command_that_prints_json_has_a_schema():
    """None is missing, and none is left of a command that is gone."""
    assert REPORTING | {ITSELF} == set(SCHEMAS)


def test_every_command_prints_json():
    """But for those with a display, another program's words, JSON anyway, and the hidden old name of rollback."""
    others = {"airflow", "demo", "up", "ledger export", "schema", "return"}
    assert set(ALL) - REPORTING == others


def test_the_knobs_for_machines_are_those_of_the_page(home, run):
    """Each row of the page is one, with its table."""
    found = json.loads(run("knobs", "--json")[1])
    page = run("knobs")[1]
    assert len(found) == page.count("\n| `") - page.count("\n| `canary_")
    assert {"table": "What is kept", "knob": "log_days"}.items() <= next(
        row for row in found if row["knob"] == "log_days"
    ).items()


@pytest.mark.parametrize("command", sorted(SCHEMAS))
def test_each_schema_is_one(command):
    """It is valid JSON Schema and refuses what is of another form."""
    found = schema_of(command)
    jsonschema.Draft202012Validator.check_schema(found)
    assert not jsonschema.Draft202012Validator(found).is_valid("a text")


def test_a_schema_is_printed_and_an_unknown_one_refused(home, run):
    """By the words of the command; without words all are named."""
    assert json.loads(run("schema", "ledger", "verify")[1])["title"] == "ledger verify --json"
    assert run("schema")[1].split("\n")[0] == ITSELF
    code, out, err = run("schema", "launch")
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_an_error_that_nobody_expected_has_a_code_of_its_own(home, run, monkeypatch):
    """It is shown whole, and no script takes it for an answer."""

    def broken(*_):
        raise RuntimeError("boom")

    monkeypatch.setattr("slipway.lines.wanted_names", broken)
    code, _, err = run("status")
    assert code == FAULT
    assert "RuntimeError: boom" in err


def test_the_readme_has_one_table_of_exit_codes():
    """Each code of the command line is a row of it."""
    text = README.read_text()
    for code in (DONE, FOUND, BAD_INPUT, FAULT, STOPPED):
        assert text.count(f"\n| {code} |") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="shells of Unix")
def test_completion_names_the_lines():
    """A shell is given the declared lines where a line is asked for."""
    (argument,) = (p for p in ALL["history"].params if p.name == "line")
    context = ALL["history"].make_context("history", ["feed"])
    assert "feed" in {item.value for item in argument.shell_complete(context, "fe")}
