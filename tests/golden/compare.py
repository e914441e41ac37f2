"""The kept results beside today's."""

import json
import tempfile
from pathlib import Path

import sklearn.ensemble  # noqa: F401 - only libraries that are loaded can be held to one thread
from threadpoolctl import threadpool_limits

from . import marks, scenario

GOLDEN = Path(__file__).with_name("golden.json")
OF_BITS = "posts.*.learned"
"""Digests of floats from products of matrices: another processor's last bits make others of them."""


def found():
    """Today's results, as JSON; on one thread, for on a busy machine more of them wait for each other."""
    with threadpool_limits(limits=1), tempfile.TemporaryDirectory() as folder:
        body = marks.kept(scenario.results(Path(folder)))
    return json.loads(json.dumps({"processor": marks.processor(), **body}))


def kept():
    """The results that are kept."""
    return json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {"processor": ""}


def differing(now):
    """(path, kept, found) of every value that differs, apart from the processor's own digest."""
    before = kept()
    exact = before["processor"] == now["processor"]
    found_ = marks.differences(before, now, exact=exact)
    alike = [] if exact else [OF_BITS]
    left_out = ("processor", *alike)
    return [one for one in found_ if not any(marks.matches(one[0], path) for path in left_out)]


def said(now):
    """The same in lines."""
    return [f"{path}: kept {before}, found {after}" for path, before, after in differing(now)]


def write(now):
    """Keep ``now``."""
    GOLDEN.write_text(_laid_out(now) + "\n")


def _laid_out(value, indent=""):
    """JSON with a line for each name, so that a diff shows the results that changed."""
    if not isinstance(value, dict) or not value or {"of", "shape"} <= set(value):
        return json.dumps(value, sort_keys=True)
    deeper = f"{indent} "
    lines = [f"{deeper}{json.dumps(n)}: {_laid_out(value[n], deeper)}" for n in sorted(value)]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
