"""CPU seconds of one weekly run's own work: validate, train, evaluate.

Run it with ``python tests/benchmarks/training.py``; it prints a table. Imports are counted apart,
because a scheduler that preloads them pays once.
"""

import importlib.util
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = 18_000  # 120,000 rows to train on, 60,000 held out


def kit():
    """The synthetic snapshots of the unit tests."""
    spec = importlib.util.spec_from_file_location("kit", ROOT / "tests" / "unit" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["kit"] = module
    spec.loader.exec_module(module)
    return module


def timed(name, work):
    """Print the CPU seconds of ``work()`` and return its answer."""
    begun = time.process_time()
    found = work()
    sys.stdout.write(f"{name:<48}{time.process_time() - begun:8.2f}\n")
    return found


def imports():
    """Everything heavy that the three verbs load."""
    import sklearn.compose
    import sklearn.ensemble  # noqa: F401
    import skops.io  # noqa: F401
    import slipway.artifact.kernel
    import slipway.evaluation.evaluate
    import slipway.validation.checkpoint  # noqa: F401


def main():
    """Print the table."""
    from slipway.examples.films.line import LINE

    sys.stdout.write(f"{'what':<48}{'CPU s':>8}\n")
    timed("imports", imports)
    from slipway.artifact.folder import write_rules
    from slipway.artifact.load import load_ranker
    from slipway.evaluation.evaluate import evaluate
    from slipway.training.train import train
    from slipway.validation.check import check

    tables = kit()
    frame = tables.exposures(REQUESTS, 5)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        frozen = tables.freeze(frame, home / "week.parquet")
        timed(
            f"validate {len(frame):,} rows, Data Docs included",
            lambda: check(
                "training",
                frame,
                LINE,
                LINE.recipe,
                ROOT / "expectations",
                home / "docs",
                cut="2026-01-26T12:00:00+00:00",
            ),
        )
        first = train(frozen, LINE, LINE.recipe_with({"seeds": [1, 2, 3]}), home / "champion")
        found = timed(
            "train 120,000 rows, 120 iterations",
            lambda: train(frozen, LINE, LINE.recipe, home / "candidate"),
        )
        rules = load_ranker(write_rules(home / "rules", LINE, first.examination), LINE)
        timed(
            "evaluate 60,000 rows, 3 arms, noise floor, latency",
            lambda: evaluate(
                frozen,
                LINE,
                LINE.recipe,
                load_ranker(found.folder, LINE),
                load_ranker(first.folder, LINE),
                rules,
            ),
        )


if __name__ == "__main__":
    main()
