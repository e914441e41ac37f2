"""The watch of a line as Prometheus metrics, in a file for the textfile collector of the node exporter.

``slipway_watch_look_timestamp_seconds`` is the watch's own sign of life: a rule that waits for it is the only
alert that still comes when nothing runs any more.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from slipway.domain.errors import SlipwayError
from slipway.monitoring.alerts import Alert, Severity
from slipway.monitoring.promises import Word
from slipway.settings import settings
from slipway.steps import promises

METRICS = {
    "slipway_watch_look_timestamp_seconds": "When the watch last looked at its alerts (wall clock).",
    "slipway_watch_alerts": "Open alerts of a class.",
    "slipway_watch_alert": "1 for each open alert.",
    "slipway_watch_undelivered": "Messages that no channel has taken yet.",
    "slipway_watch_promises": "Promises of releases by what became of them.",
}


def folder() -> Path:
    """Where the files are that the collector reads."""
    return settings().home / "metrics"


def write(line: str, standing: Sequence[Alert], undelivered: int, wall: float) -> Path:
    """Write the metrics of one line, all or nothing; returns the file."""
    folder().mkdir(parents=True, exist_ok=True)
    path = folder() / f"watch-{line}.prom"
    part = path.with_suffix(".part")  # the collector reads *.prom alone
    part.write_text(text(line, standing, undelivered, wall), "utf-8")
    part.replace(path)
    return path


def text(line: str, standing: Sequence[Alert], undelivered: int, wall: float) -> str:
    """The metrics in Prometheus' text format."""
    classes = Counter(alert.cause.severity for alert in standing)
    try:
        words = Counter(promise.word for promise in promises.history(line).promises)
    except (SlipwayError, OSError, ValueError, KeyError):
        words = Counter()  # that they cannot be read is an alert of its own
    own = {"line": line}
    samples: list[tuple[str, dict[str, str], float]] = [
        ("slipway_watch_look_timestamp_seconds", own, wall),
        *(("slipway_watch_alerts", own | {"class": c.value}, classes[c]) for c in Severity),
        *(
            (
                "slipway_watch_alert",
                own | {"class": a.cause.severity.value, "cause": a.cause.id, "what": a.cause.what},
                1,
            )
            for a in standing
        ),
        ("slipway_watch_undelivered", own, undelivered),
        *(("slipway_watch_promises", own | {"word": word.value}, words[word]) for word in Word),
    ]
    lines: list[str] = []
    for name, about in METRICS.items():
        lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
        lines += [
            f"{name}{{{_labels(labels)}}} {value:.17g}"
            for of, labels, value in samples
            if of == name
        ]
    return "\n".join(lines) + "\n"


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_quoted(value)}"' for name, value in labels.items())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
