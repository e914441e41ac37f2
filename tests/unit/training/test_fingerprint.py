"""The fingerprint's parts, and what a run is told of earlier ones."""

import time

import pytest
from slipway.domain.errors import NotReproducible
from slipway.training import fingerprint, installed_packages

PARTS = {"snapshot": "1", "code": "2", "environment": "3", "recipe": "4", "learned": "5"}
FORMER = {"snapshot": "1", "code": "old", "lock": "old", "recipe": "4", "learned": "5"}
"""As Slipway 0.1 wrote them."""


@pytest.mark.parametrize("room", ["stats", "training", "cli", "."])
def test_code_digest_follows_the_code(tmp_path, room):
    """One changed character anywhere in Slipway changes the digest."""
    file = tmp_path / room / "a.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text("x = 1\n")
    before = fingerprint.of_code(tmp_path)
    file.write_text("x = 2\n")
    assert fingerprint.of_code(tmp_path) != before


def test_a_wheel_has_the_code_digest_of_its_clone(tmp_path):
    """The copies that a wheel holds of other folders are no part of the package's code."""
    (tmp_path / "bundled").mkdir()
    (tmp_path / "bundled" / "__init__.py").write_text("x = 1\n")
    clone = fingerprint.of_code(tmp_path)
    (tmp_path / "bundled" / "dags").mkdir()
    (tmp_path / "bundled" / "dags" / "retrain.py").write_text("x = 1\n")
    assert fingerprint.of_code(tmp_path) == clone


def test_code_that_changed_under_the_process_is_refused(monkeypatch):
    """A fingerprint never speaks of code that was only half of what ran."""
    assert fingerprint.of_running_code() == fingerprint.of_code()
    monkeypatch.setattr(fingerprint, "LOADED", "0" * 64)
    with pytest.raises(NotReproducible, match="changed meanwhile"):
        fingerprint.of_running_code()


def test_code_and_environment_cost_a_training_step_little():
    """Both are read in less than .3 s of the processor, and the environment once for a process."""
    installed_packages.of_environment.cache_clear()
    before = time.process_time()
    fingerprint.of_running_code()
    first = installed_packages.of_environment()
    assert time.process_time() - before < 0.3
    assert installed_packages.of_environment() is first


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "the same as an earlier run of this interval and recipe"),
        ({"code": "x", "learned": "y"}, "in Slipway's code"),
        ({"environment": "x"}, "in the installed packages; what was learned is the same"),
        (
            {"snapshot": "x", "environment": "y", "learned": "z"},
            "snapshot and the installed packages",
        ),
    ],
)
def test_the_part_that_differs_is_named(changed, said):
    """A reviewer reads which part of a fingerprint differs from the earlier run's, causes only."""
    assert said in fingerprint.compare([PARTS], PARTS | changed)


def test_the_nearest_earlier_run_is_compared():
    """Of several earlier runs the one that differs in least is spoken of."""
    runs = [PARTS, PARTS | {"code": "x", "environment": "y", "learned": "z"}]
    assert "the same" in fingerprint.compare(runs, PARTS)
    assert "first run" in fingerprint.compare([], PARTS)


def test_a_model_that_its_causes_do_not_explain_is_an_error():
    """Equal rows, code, packages and recipe with another model learned is refused, not shrugged off."""
    with pytest.raises(NotReproducible, match="what was learned"):
        fingerprint.compare([PARTS], PARTS | {"learned": "x"})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "it is the same in all else"),
        ({"learned": "x"}, "it differs in what was learned"),
        ({"snapshot": "x"}, "it differs in the rows of the snapshot"),
    ],
)
def test_a_fingerprint_of_an_older_slipway_is_compared_in_what_both_know(changed, said):
    """Its lock and its part of the code are of another kind: nobody is told that they differ."""
    found = fingerprint.compare([FORMER], PARTS | changed)
    assert "by Slipway 0.1" in found
    assert found.endswith(said)


def test_runs_since_the_upgrade_are_compared_with_each_other():
    """An older Slipway's run beside them changes nothing, not even where it is the nearest."""
    other = PARTS | {"snapshot": "x", "environment": "x", "learned": "x"}
    found = fingerprint.compare([FORMER, other], PARTS)
    assert found.endswith("in the rows of the snapshot and the installed packages")
