"""One class name has one meaning in the whole house."""

import ast
from collections import Counter
from pathlib import Path

import slipway

STILL_DOUBLE = {
    "Evidence": 2,  # domain/verdict; the simulation's arrays of a logbook
    "Logbook": 2,  # the look's store; the simulation's
    "Past": 2,  # evidence accumulated before a look; the simulation's history
    "Scene": 3,  # three settings of the simulation
}
"""Names that are still defined more than once, and how often. A name that is mended is taken out."""


def test_a_class_name_is_defined_once():
    """No two classes of the package share a name, but for those that are listed, and no longer."""
    files = Path(slipway.__file__).parent.rglob("*.py")
    trees = (ast.parse(path.read_text()) for path in files)
    named = Counter(
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    )
    assert {name: times for name, times in named.items() if times > 1} == STILL_DOUBLE
