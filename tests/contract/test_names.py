"""One class name has one meaning in the whole house."""

import ast
from collections import Counter
from pathlib import Path

import slipway


def test_a_class_name_is_defined_once():
    """No two classes of the package share a name."""
    files = Path(slipway.__file__).parent.rglob("*.py")
    trees = (ast.parse(path.read_text()) for path in files)
    named = Counter(
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    )
    assert {name: times for name, times in named.items() if times > 1} == {}
