#!/usr/bin/env bash
# Half of the rows of the phishing data that river carries are copies of other rows.
# Expected: 1,250 web sites, 1,250 rows that differ, as a data set for examples and benchmarks.
# Seen: 625 different feature rows; one of them stands there 13 times. 38 feature rows have both labels. In a random
#   split of 75 to 25, more than half of the test rows stand in the training part (68 %). ImageSegments: 2,086 of 2,310.
# With: river 0.23.0, Python 3.11; seen 2026-12-01.
# Matters: who checks a leak or duplicate detector, a drift test or a new learner on it takes the copies for skill; a
#   table that looks like one row for each site is one row for each visit.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  river==0.23.0 typing_extensions==4.16.0
cd "$folder"
venv/bin/python - <<'PY'
import random
from collections import Counter, defaultdict

from river import datasets

def table(rows):
    return [(tuple(sorted(features.items())), label) for features, label in rows]

sites = table(datasets.Phishing())
counts, labels = Counter(row for row, _ in sites), defaultdict(set)
for row, label in sites:
    labels[row].add(label)
random.Random(0).shuffle(sites)
cut = len(sites) * 3 // 4
known = {row for row, _ in sites[:cut]}
segments = [row for row, _ in table(datasets.ImageSegments())]
seen = {
    "rows": len(sites),
    "different": len(counts),
    "most often": max(counts.values()),
    "with both labels": sum(len(both) == 2 for both in labels.values()),
    "test rows known from training": round(sum(row in known for row, _ in sites[cut:]) / (len(sites) - cut), 2),
    "ImageSegments": (len(segments), len(set(segments))),
}
for name, value in seen.items():
    print(f"{name}: {value}")
share = seen.pop("test rows known from training")
assert share > 0.5 and seen == {
    "rows": 1250, "different": 625, "most often": 13, "with both labels": 38, "ImageSegments": (2310, 2086),
}, "no longer as described"
PY
