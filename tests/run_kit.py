"""A training run of the line ``feed`` as its steps hand it on, without any step having run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from slipway import lines
from slipway.domain.release import Origin
from slipway.domain.run import ModelRecord, Run, SnapshotRecord, ValidationRecord

LINE = lines.load("feed")
MONDAY = datetime(2026, 1, 12, 6, tzinfo=UTC)
VALIDATION = ValidationRecord(
    Path("pages"), "v" * 64, 40, "not audited", accused=False, resumed=False
)
MODEL = ModelRecord(
    Path("ranker"), "f" * 64, "the first run of this interval and recipe", learned="l" * 64
)


def frozen(key="r", *, end=MONDAY, recipe=LINE.recipe):
    """A run whose table is frozen, of the week that ends at ``end``."""
    snapshot = SnapshotRecord(Path("week.parquet"), "d" * 64, 1000)
    return Run(LINE.name, key, end - timedelta(weeks=1), end, recipe, Path("work"), snapshot)


def evaluated(key="r", *, end=MONDAY):
    """A run whose model was measured."""
    trained = frozen(key, end=end).validated(VALIDATION).trained(MODEL)
    return trained.evaluated(Path("offline.json"), None)


def registered(version="1", *, end=MONDAY, origin=Origin.MANUAL):
    """A run whose model is a version of the registry, by Adam."""
    return evaluated(f"manual__{version}", end=end).registered(version, origin, "adam")
