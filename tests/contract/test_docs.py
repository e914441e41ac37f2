"""What the pages for people say can be done: commands are parsed by the real command line, links lead somewhere."""

import os
import re
import shlex
from pathlib import Path

import pytest
import typer
from slipway import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "node_modules", "tests"} & set(path.relative_to(ROOT).parts)
)
FENCE = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(slipway [^`]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)")
MOST_LINES = 40
NAMED_ALONE = {"MissingParameter", "BadOptionUsage"}
"""Errors of a sentence that names a command, or an option without its value."""
FOREIGN = {"airflow"}
"""Commands whose words are another program's."""


def commands(text):
    """Every ``slipway …`` of a page: lines of its shell blocks, and what stands between backticks."""
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if found := re.search(r"(?:^|[\s(])(?:\.venv/bin/)?(slipway\s[^#)]*)", line):
                yield found[1].strip()
    yield from (" ".join(found.split()) for found in INLINE.findall(text))


SAID = sorted(
    {(str(p.relative_to(ROOT)), c) for p in PAGES for c in commands(p.read_text("utf-8"))}
)


def words_of(command):
    """The words of a command, an ellipsis as one word, optional ones as if they were said."""
    plain = command.split(" > ")[0].replace("…", "x")
    return shlex.split(plain.replace("[", "").replace("]", ""))[1:]


@pytest.mark.parametrize(("page", "command"), SAID)
def test_every_command_is_one(page, command, monkeypatch):
    """Its name, options and the number of its words are what the command line takes; nothing is run."""
    monkeypatch.setattr(os, "environ", os.environ | {"MLFLOW_TRACKING_USERNAME": "rita"})
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "x")
    monkeypatch.setenv("SLIPWAY_REVIEWER_KEY", os.devnull)
    group, words = typer.main.get_command(cli.app), words_of(command)
    while words and hasattr(group, "commands") and words[0] in group.commands:
        name, *words = words
        group = group.commands[name]
        if name in FOREIGN:
            return
    is_group = hasattr(group, "commands")
    assert not is_group or not words or words[0].startswith("-"), f"{page}: no command {words[0]}"
    try:
        group.make_context(command, list(words), resilient_parsing=is_group or not words)
    except Exception as error:  # noqa: BLE001 - of the library behind the command line
        if type(error).__name__ not in NAMED_ALONE:
            pytest.fail(f"{page}: {command}: {getattr(error, 'message', error)}")


def test_pages_hold_commands():
    """The test above has something to read."""
    assert len(SAID) > 40
    assert any(command.startswith("slipway plan") for _, command in SAID)


def test_every_target_of_make_is_one():
    """`make demo` and the like, wherever a page says it, is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z][\w.-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = {
        (str(page.relative_to(ROOT)), name)
        for page in PAGES
        for name in re.findall(
            r"(?:^|`)make ([a-z][\w.-]*\w)", page.read_text("utf-8"), re.MULTILINE
        )
    }
    assert len(said) > 10
    assert {(page, name) for page, name in said if name not in targets} == set()


def test_the_line_on_the_page_is_a_line():
    """The example of a whole line is declared as it stands, in at most 40 lines of code."""
    page = ROOT / "pipeline/slipway/lines/README.md"
    (code,) = re.findall(
        r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    found = {}
    exec(compile(code, str(page), "exec"), found)
    assert (found["LINE"].name, found["LINE"].kind) == ("churn", "prediction")
    assert len([line for line in code.splitlines() if line.strip()]) <= MOST_LINES


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page):
    """A page that is named is there."""
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" not in target and "{" not in target:
            assert (page.parent / target).exists(), target


def test_what_the_page_of_threats_names_is_there():
    """Each test and program that stands against a threat, or for a fault that was mended, exists."""
    named = re.findall(
        r"`(tests/[\w/.]+?)/?(?:::(\w+))?`", (ROOT / "SECURITY.md").read_text("utf-8")
    )
    assert len([test for _, test in named if test]) > 30
    for path, test in named:
        assert (ROOT / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text("utf-8"), test
