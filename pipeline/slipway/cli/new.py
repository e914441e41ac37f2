"""``slipway new``: a package with a line in it, which is found, compiles and passes its test at once."""

import keyword
import sys
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import jinja2
import typer

from slipway import lines
from slipway.cli.app import AsJson, app, out, print_json
from slipway.domain.errors import BadInput
from slipway.lines.declarations import NAME_RULE, VARIABLE, declarations, is_name

TEMPLATES = Path(__file__).parent / "templates"


class NewKind(StrEnum):
    """Kinds of line that a package is written for."""

    RANKING = "ranking"
    PREDICTION = "prediction"
    TOPICS = "topics"


NewName = Annotated[str, typer.Argument(metavar="NAME", help="Of the line, and of its package.")]


@app.command()
def new(
    name: NewName,
    *,
    kind: Annotated[NewKind, typer.Option(help="What its models do.")] = NewKind.RANKING,
    folder: Annotated[Path, typer.Option(help="Where the package's folder is made.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a small package with a line of your own, its rules, its suites and a test that passes."""
    target = (folder / name).absolute()
    _check(name, target)
    write(name, kind, target)
    if as_json:
        files = sorted(
            str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()
        )
        print_json({"line": name, "kind": kind.value, "folder": str(target), "files": files})
        return
    out.print(f"wrote {target}")
    out.print(f"next: export {VARIABLE}={target}  (or: pip install {target})")
    out.print(f"then: slipway plan {name}")


def _check(name: str, target: Path) -> None:
    """Raise BadInput for a name that a line or its package cannot have, and a folder that exists."""
    if not is_name(name):
        raise _bad("name", name, NAME_RULE, "choose another name")
    known = declarations().get(name)
    if known is not None and known.place != str(target):  # which may be named before it is written
        raise _bad("name", name, "a name that no line has yet", "choose another name")
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or find_spec(name) is not None:
        raise _bad("name", name, "a name that no module of Python has", "choose another name")
    if target.exists():
        raise _bad("folder", str(target), "a folder that does not exist yet", "choose another name")


def write(name: str, kind: NewKind, target: Path) -> None:
    """Write the package into the new folder ``target``."""
    words = {"name": name, "kind": kind.value}
    package = target / "src" / name
    files = {
        target / "pyproject.toml": "common/pyproject.toml.j2",
        target / "README.md": "common/README.md.j2",
        target / "tests" / f"test_{name}.py": "common/test_line.py.j2",
        package / "__init__.py": "common/__init__.py.j2",
        **{package / p.stem: f"{kind}/{p.name}" for p in (TEMPLATES / kind).glob("*.j2")},
    }
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it writes Python, from a name of letters and digits
    )
    for path, template in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages.get_template(template).render(words), encoding="utf-8")
    _write_suites(name, package)


def _write_suites(name: str, package: Path) -> None:
    """The suites that the new line declares."""
    from slipway.kinds import kind_of
    from slipway.validation import suite_files

    line = lines.from_module(f"{name}.line", name, package.parent)
    suite_files.write(name, kind_of(line).suites(line), package / lines.EXPECTATIONS)


def _bad(what: str, found: str, expected: str, next_step: str) -> BadInput:
    return BadInput(what, found=found, expected=expected, next_step=next_step)
