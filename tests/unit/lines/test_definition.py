"""A compiled line is plain data with one digest, and damaged files are refused."""

import subprocess
import sys
from dataclasses import dataclass, field, make_dataclass, replace
from datetime import timedelta
from enum import Enum
from functools import partial

import pytest
from slipway import lines
from slipway.domain.errors import BadConfig, BadInput
from slipway.lines import store
from slipway.lines.definition import Definition, compiled

FEED = lines.load("feed")


def by_seed(seed, depth=3):
    """A factory as a team writes it."""
    return seed, depth


class Word(Enum):
    """A word of a declaration."""

    ONE = "one"


@dataclass(frozen=True)
class Part:
    """A part of a line with a default."""

    size: int = 3
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declared:
    """The least that a line has."""

    value: object
    part: Part = field(default_factory=Part)
    name: str = "deck"
    kind: str = "ranking"
    has_traffic: bool = True
    cron: str = "0 6 * * 1"


@pytest.mark.parametrize("name", lines.bundled_names())
def test_a_definition_is_the_same_wherever_it_is_compiled(name):
    """Another process gives the same bytes, and reading them gives the same definition."""
    here = compiled(lines.declared(name))
    there = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import sys; from slipway import lines\n"
                "from slipway.lines.definition import compiled\n"
                f"sys.stdout.write(compiled(lines.declared({name!r})).to_text())"
            ),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert there == here.to_text()
    assert Definition.from_text(there, "there") == here
    assert Definition.from_text(there, "there").digest == here.digest


def test_every_change_of_a_declaration_changes_the_digest():
    """Two lines that differ anywhere have different digests."""
    digests = {compiled(FEED).digest}
    for other in (
        replace(FEED, about="other"),
        replace(FEED, policy=replace(FEED.policy, timeout_days=22)),
        replace(FEED, recipe=replace(FEED.recipe, max_iter=99)),
        replace(FEED, columns=(*FEED.columns[:-1], replace(FEED.columns[-1], about="other"))),
    ):
        digests.add(compiled(other).digest)
    assert len(digests) == 5


def test_a_default_is_not_written_down():
    """What stands at its default is left out: a field that Slipway adds changes no digest."""
    assert compiled(Declared(1)).content == {"value": 1}
    assert compiled(Declared(1, Part(4))).content["part"] == {"is": "Part", "size": 4}
    wider = make_dataclass("Declared", [("added", int, 7)], bases=(Declared,), frozen=True)
    assert compiled(wider(1)).digest == compiled(Declared(1)).digest


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (Word.ONE, "one"),
        (timedelta(hours=6), {"seconds": 21_600.0}),
        ({"b": (1, 2), "a": None}, {"a": None, "b": [1, 2]}),
        (frozenset({"b", "a"}), ["a", "b"]),
        (by_seed, {"function": f"{__name__}:by_seed"}),
        (
            partial(by_seed, depth=2),
            {"function": f"{__name__}:by_seed", "args": [], "keywords": {"depth": 2}},
        ),
    ],
)
def test_values_become_json(value, data):
    """Words, times, tables and functions are written down as JSON."""
    assert compiled(Declared(value)).content["value"] == data


def test_code_that_a_line_names_is_part_of_it(tmp_path, monkeypatch):
    """An edit of the module of a function changes the digest, though the declaration is the same."""
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "deck_code.py"
    module.write_text("def factory(seed):\n    return seed\n")
    import deck_code

    first = compiled(Declared(deck_code.factory))
    module.write_text("def factory(seed):\n    return -seed\n")
    second = compiled(Declared(deck_code.factory))
    assert first.content == second.content
    assert set(first.code) == {"deck_code"}
    assert first.digest != second.digest
    del sys.modules["deck_code"]


def test_what_cannot_be_written_down_is_refused_with_its_place():
    """An object that is no data names its place in the line."""
    with pytest.raises(BadConfig, match=r"deck\.value\[1\] == 'a object'"):
        compiled(Declared((1, object())))


def test_the_store_keeps_what_it_was_given(tmp_path):
    """Nothing is in use before it is said so; a file is never changed; retired, it stays."""
    definition = compiled(FEED)
    assert store.in_use(tmp_path, "feed") is None
    path = store.write(tmp_path, definition)
    assert store.in_use(tmp_path, "feed") is None
    before = path.stat()
    store.write(tmp_path, definition)
    assert path.stat().st_ino == before.st_ino
    store.use(tmp_path, "feed", definition.digest)
    assert store.in_use(tmp_path, "feed") == definition
    assert store.names(tmp_path) == ("feed",)
    store.retire(tmp_path, "feed")
    assert store.names(tmp_path) == ()
    assert path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', '{"format": 2}'])
def test_a_damaged_definition_is_refused(tmp_path, text):
    """A file that is not what it was written as says so, with the next step, and names itself."""
    definition = compiled(FEED)
    path = store.write(tmp_path, definition)
    store.use(tmp_path, "feed", definition.digest)
    path.chmod(0o644)
    path.write_text(text)
    with pytest.raises(BadInput, match=str(path)) as refused:
        store.in_use(tmp_path, "feed")
    assert "slipway plan" in str(refused.value)


def test_an_edited_definition_is_refused(tmp_path):
    """A file that was edited by hand does not have the digest that it is called by."""
    definition = compiled(FEED)
    path = store.write(tmp_path, definition)
    store.use(tmp_path, "feed", definition.digest)
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"0 6 * * 1"', '"0 5 * * 1"'))
    with pytest.raises(BadInput, match="unchanged"):
        store.in_use(tmp_path, "feed")
