"""The walk from a rollup's sums to the verdict of ``harm``: files entered, and calls into a higher floor.

``python tests/benchmarks/walk.py [CHECKOUT …]``: each checkout (this one is always among them) is
walked with its own code and tests. A file counts once however often it is entered. The floors are
those of the checkout's own import-linter contract; a call from a room into one on a higher floor,
a callback for instance, climbs. An end to end look at a small release is walked: what lies before
the read of the rollups (writing the log, rolling it up) is left out.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]

WALK = r"""
import json, sys
from pathlib import Path
package, floors, home = sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3])
import os
os.environ["SLIPWAY_HOME"] = str(home)
import importlib
import release_kit
load = lambda name: importlib.import_module(f"{package}.{name}")
load("settings").settings.cache_clear()
release_kit.write(home)
release_kit.looked()
for path in (home / "work" / "feed" / "evidence").glob("*"):
    path.unlink()
rollup, gates = load("data.rollup"), load("gates")
root = str(Path(load("settings").__file__).parent)
read, files, climbs, walking = rollup.read, [], set(), [False]

def started(*args, **more):
    found = read(*args, **more)
    walking[0] = True
    return found

def room(name):
    return name[len(root) + 1:].split("/")[0].removesuffix(".py")

def look(frame, event, _):
    if event != "call" or not walking[0]:
        return
    name = frame.f_code.co_filename
    if not name.startswith(root):
        return
    files.append(name)
    caller = frame.f_back
    while caller is not None and not caller.f_code.co_filename.startswith(root):
        caller = caller.f_back
    if caller is None or frame.f_code.co_name in ("<lambda>", "<genexpr>", "<listcomp>", "<dictcomp>"):
        return
    here, there = floors.get(room(caller.f_code.co_filename)), floors.get(room(name))
    if here is not None and there is not None and there < here:
        climbs.add((caller.f_code.co_filename, name))

rollup.read = started
sys.setprofile(look)
live = release_kit.looked()
verdict = gates.judge("harm", live, release_kit.POLICY)
sys.setprofile(None)
print(json.dumps([sorted({name[len(root) + 1:] for name in files}), sorted(climbs), verdict.conclusion.name]))
"""


def walked(checkout: Path) -> tuple[list[str], list[list[str]], str]:
    """Files entered, calls into a higher floor and the conclusion in one checkout."""
    contracts = tomllib.loads((checkout / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    floors = {
        room.strip().split(".", 1)[1]: floor
        for floor, layer in enumerate(layers)
        for room in layer.split("|")
    }
    package = contracts["root_packages"][0]
    source = checkout / "pipeline" if package == "slipway" else checkout
    code = (
        "import sys, tempfile; sys.path[:0] = "
        + repr([str(source), str(checkout / "tests")])
        + "\n"
        f"sys.argv = ['walk', {package!r}, {json.dumps(floors)!r}, tempfile.mkdtemp()]\n" + WALK
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Walk each checkout and print a row of it."""
    for checkout in (HERE, *(Path(word).resolve() for word in sys.argv[1:])):
        files, climbs, conclusion = walked(checkout)
        print(
            f"{checkout.name}: {len(files)} files, {len(climbs)} calls up, harm is {conclusion}\n  "
            + "\n  ".join(files)
        )
        for caller, name in climbs:
            print(f"  up: {caller} -> {name}")


if __name__ == "__main__":
    main()
