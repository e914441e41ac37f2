#!/usr/bin/env bash
# One NaN ends a Prometheus counter and a histogram's sum, and the observation itself is not counted.
# Expected: a value that is no number is refused, as a negative step of a counter is, or is left out whole.
# Seen: Counter.inc(-1) raises; inc(NaN) does not, and the counter is NaN from then on. Histogram.observe(NaN) falls into
#   no bucket, not even +Inf, so that count misses it, while sum is NaN until the process ends.
# With: prometheus-client 0.26.0, Python 3.11; seen 2026-12-01.
# Matters: a model that answered NaN once takes the mean score and the mean latency (sum / count) of its process off
#   every page and alarm; rules such as "mean > limit" are false of NaN: the alarm is silent until the next restart.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  prometheus-client==0.26.0
cd "$folder"
venv/bin/python - <<'PY'
from prometheus_client import CollectorRegistry, Counter, Histogram

registry = CollectorRegistry()
clicks = Counter("clicks", "clicks", registry=registry)
latency = Histogram("latency", "seconds", buckets=(1, 2), registry=registry)
for value in (1, float("nan"), 1):
    clicks.inc(value)
    latency.observe(value)
try:
    clicks.inc(-1)
    negative = "taken"
except ValueError:
    negative = "refused"
value = registry.get_sample_value
seen = {
    "negative step": negative,
    "counter": str(value("clicks_total")),
    "sum": str(value("latency_sum")),
    "count": value("latency_count"),
    "in +Inf": value("latency_bucket", {"le": "+Inf"}),
}
for name, shown in seen.items():
    print(f"{name}: {shown}")
assert seen == {"negative step": "refused", "counter": "nan", "sum": "nan", "count": 2.0, "in +Inf": 2.0}, \
    "no longer as described"
PY
