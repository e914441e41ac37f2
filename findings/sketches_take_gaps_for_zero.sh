#!/usr/bin/env bash
# A sketch for monitoring takes a missing number (NaN) for zero, another one drops it without a trace.
# Expected: 40 of 100 values are NaN: the sketch refuses them, counts them apart, or says NaN; its quantiles are those of
#   the 60 numbers, which are all 5, and its count tells that something was left out.
# Seen: DDSketch counts 100 values, its 20 % quantile is 0 and its median 5; only the mean is NaN. DataSketches' KLL,
#   quantiles and REQ sketches say that they have seen 60 values.
# With: ddsketch 3.0.1, datasketches 5.2.0, numpy 2.4.6, Python 3.11; seen 2026-12-01.
# Matters: sketches are kept where rows are not, to compare this week's column with last week's. A feed that begins to send
#   NaN shows as a shift to zero in one and as no shift at all in the other; neither looks like what it is.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install -q --no-compile --disable-pip-version-check \
  ddsketch==3.0.1 datasketches==5.2.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PY'
import math

import datasketches
import numpy as np
from ddsketch import DDSketch

values = [5.0] * 60 + [math.nan] * 40
relative = DDSketch(0.01)
for value in values:
    relative.add(value)
seen = {
    "DDSketch": (
        int(relative.count),
        float(relative.get_quantile_value(0.2)),
        round(relative.get_quantile_value(0.5)),
        str(relative.avg),
    )
}
for name in ("kll_doubles_sketch", "quantiles_doubles_sketch", "req_floats_sketch"):
    sketch = getattr(datasketches, name)()
    sketch.update(np.array(values, dtype=np.float32 if "floats" in name else np.float64))
    seen[name] = (int(sketch.n), float(sketch.get_quantile(0.2)))
for name, found in seen.items():
    print(f"{name}: {found}")
assert seen == {
    "DDSketch": (100, 0.0, 5, "nan"),
    "kll_doubles_sketch": (60, 5.0),
    "quantiles_doubles_sketch": (60, 5.0),
    "req_floats_sketch": (60, 5.0),
}, "no longer as described"
PY
