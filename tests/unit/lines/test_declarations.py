"""Lines are found where they are declared, and what is wrong with one is said of that one."""

import os
import sys
from importlib.metadata import distributions

import lines_kit as kit
import pytest
from slipway import lines
from slipway.domain.errors import BadConfig, UnknownReference


@pytest.fixture
def named(tmp_path, monkeypatch):
    """Puts folders into SLIPWAY_LINES; gives the folder that modules are written into."""

    def name(*folders):
        monkeypatch.setenv("SLIPWAY_LINES", os.pathsep.join(map(str, folders)))

    monkeypatch.setattr(sys, "path", [*sys.path])
    folder = tmp_path / "lines"
    name(folder)
    known = set(sys.modules)
    yield folder, name
    for module in set(sys.modules) - known:
        if module.startswith("deck"):
            del sys.modules[module]


def fault(name):
    """What is said when the line is loaded."""
    with pytest.raises(BadConfig) as refused:
        lines.declared(name)
    said = str(refused.value)
    assert said.startswith(f"line {name} == ")
    assert "\n" not in said
    return said


def test_bundled_lines_are_found_by_their_entry_points_alone():
    """Nothing but the packaging names the bundled lines."""
    assert {"bike", "feed", "posts"} <= set(lines.bundled_names())
    assert lines.unasked_names() == ("feed", "posts")
    assert lines.declaration_of("feed").value == "slipway.examples.films.line:LINE"


def test_a_module_of_a_folder_is_a_line(named):
    """A module that assigns LINE is found without being run, a module beside it is none."""
    folder, _ = named
    kit.write(folder, deck_found=kit.SOUND, rules_of_it="VALUE = 3\n", deck_slow=kit.SLOW)
    assert set(lines.all_names()) - set(lines.bundled_names()) == {"deck_found", "deck_slow"}
    assert lines.load("deck_found").name == "deck_found"


def test_a_project_in_a_folder_is_read_by_its_entry_points(named):
    """A package that is not installed yet is found by its pyproject.toml, also below src/."""
    folder, _ = named
    kit.write(folder / "src" / "deck_package", line=kit.SOUND.replace("{name}", "deck"))
    (folder / "pyproject.toml").write_text(
        '[project.entry-points."slipway.lines"]\ndeck = "deck_package.line:LINE"\n'
    )
    assert lines.load("deck").name == "deck"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (kit.BROKEN, "ModuleNotFoundError: No module named 'no_such_package'"),
        (kit.NAMELESS, "a line called ''"),
        (kit.NO_LINE, "a int"),
        (kit.ENDS, "SystemExit: bye"),
        (kit.NO_PYTHON, "which is no Python"),
    ],
)
def test_a_broken_line_is_refused_alone(named, text, words):
    """Whatever a module does, its line is refused with one sentence, and the others load."""
    folder, _ = named
    kit.write(folder, deck_bad=text, deck_good=kit.SOUND)
    assert words in fault("deck_bad")
    assert lines.load("feed").name == "feed"
    assert "deck_bad" not in lines.names()
    assert lines.load("deck_good").name == "deck_good"


@pytest.mark.parametrize("name", ["Deck", "feed-rules", "2deck", "d" * 51, "deck.eu", "deck eu"])
def test_a_name_must_fit_everywhere(named, name):
    """A name that a path, a URL, a DAG or the registry cannot take is refused, and the rule is said."""
    folder, _ = named
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        f'[project.entry-points."slipway.lines"]\n"{name}" = "deck:LINE"\n'
    )
    assert "1 to 50 of a-z, 0-9 and _" in fault(name)


def test_a_line_that_is_declared_twice_is_refused_for_both(named, tmp_path):
    """Two declarations of a name refuse each other, whoever was first; the same one twice is one."""
    folder, name = named
    other = kit.write(tmp_path / "other", deck_double=kit.SOUND)
    kit.write(folder, deck_double=kit.SOUND, deck_single=kit.SOUND)
    name(folder, other)
    said = fault("deck_double")
    assert str(folder) in said
    assert str(other) in said
    assert lines.load("deck_single").name == "deck_single"
    name(folder, folder)
    assert lines.load("deck_double").name == "deck_double"


def test_a_name_of_a_bundled_line_is_taken(named):
    """Who declares another feed is told, and other lines are untouched."""
    folder, _ = named
    kit.write(folder, feed=kit.SOUND)
    assert "Slipway itself" in fault("feed")
    assert lines.declared("posts").name == "posts"


def test_a_module_of_another_name_is_not_taken_for_the_line(named):
    """A file that is called as an installed module is not confused with it."""
    folder, _ = named
    kit.write(folder, statistics=kit.SOUND)
    assert "give its module a name that nothing else has" in fault("statistics")


def test_a_folder_that_is_missing_is_told_under_its_name(named, tmp_path):
    """A wrong SLIPWAY_LINES names the folder and leaves the other lines alone."""
    _, name = named
    name(tmp_path / "nowhere")
    assert "not a folder, correct the variable" in fault("nowhere")
    assert lines.load("feed").name == "feed"


def test_an_undeclared_line_is_no_line():
    """A line that nobody declares is unknown, and the sentence says how to declare it."""
    with pytest.raises(UnknownReference, match=r"entry point of slipway\.lines"):
        lines.load("nope")


def installed(site, name, version, *points):
    """A package with entry points, as an installer leaves it in the folder ``site``."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("\n".join(("[slipway.lines]", *points)))
    return site


def test_the_first_copy_of_a_package_on_the_path_declares_its_lines(named, tmp_path):
    """A line of an installed package is found, and an older copy that is later on the path declares none."""
    new = installed(tmp_path / "new", "Deck-News", "2", "deck_news = deck_news.line:LINE")
    installed(new, "deck-mail", "2")
    old = installed(tmp_path / "old", "deck-news", "1", "deck_former = deck_news.line:LINE")
    installed(old, "deck-mail", "1", "deck_mail = deck_mail.line:LINE")
    sys.path[:0] = [str(new), str(old)]
    own = {n: lines.declaration_of(n) for n in lines.all_names() if n.startswith("deck")}
    assert {name: found.place for name, found in own.items()} == {
        "deck_news": "the package deck-news"
    }


def test_asking_which_lines_there_are_reads_no_metadata_of_other_packages(monkeypatch):
    """Each step asks several times, and the metadata of hundreds of packages costs .05 CPU seconds."""
    asked = []

    class Seen:
        def __init__(self, real):
            self.real = real

        def __getattr__(self, name):
            asked.append(name)
            return getattr(self.real, name)

    seen = [Seen(real) for real in distributions()]
    monkeypatch.setattr(sys.modules["slipway.lines.declarations"], "distributions", lambda: seen)
    assert lines.all_names()
    assert len(asked) < len(seen) + 20
