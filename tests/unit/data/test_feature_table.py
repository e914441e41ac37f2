"""Any line's features go through the seam: counted, kept, proven and served without a film."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from slipway.data import catalog, feature_files, feature_table, features, log
from slipway.data.schema import OUTCOMES, exposure_schema
from slipway.data.words import words_of
from slipway.domain.errors import BadInput
from slipway.serving.contract import Contract
from slipway.validation import kept_features
from support.shoe_features import LINE

T0 = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def home(tmp_path):
    """Ten requests for two shoes on two devices, every other first one clicked."""
    shoes = [
        {"item": f"shoe-{k}", "name": f"Shoe {k}", "size": 40.0 + k, "make": f"make {k}"}
        for k in range(3)
    ]
    catalog.write(tmp_path, LINE, pa.Table.from_pylist(shoes))
    shown, clicks = [], []
    for k in range(10):
        asked = T0 + timedelta(hours=k)
        same = {"request_id": f"r{k}", "user": "u", "requested_at": asked, "arrived_at": asked}
        same |= {"arm": "champion", "version": "1", "stage": "", "epoch": 0, "latency_ms": 1.0}
        same |= {"fallback": False, "features_as_of": T0, "propensity": 1.0, "score": 0.5}
        same |= {"device": float(k % 2), "clicks_on_device": 0.0}
        shown += [
            {**same, "item": f"shoe-{i}", "position": i + 1, "size": 40.0 + i, "make": f"make {i}"}
            for i in range(2)
        ]
        if k % 2:
            at = asked + timedelta(minutes=1)
            clicks.append(
                {"request_id": f"r{k}", "item": "shoe-0", "kind": "click", "value": 1.0}
                | {"happened_at": at, "arrived_at": at}
            )
    exposures = pa.Table.from_pylist(shown, exposure_schema(LINE))
    log.write_parts(tmp_path, LINE, exposures, pa.Table.from_pylist(clicks, OUTCOMES), "part")
    return tmp_path


def test_a_line_of_other_columns_is_counted_kept_and_served(home):
    """Counts by the line's own keys become its own features, one request at a time."""
    as_of = T0 + timedelta(days=1)
    folder = features.compute(home, LINE, as_of)
    assert [path.name for path in folder.iterdir()] == ["item+device-168h-day.parquet"]
    assert feature_files.latest(home, LINE, as_of) == as_of
    table = feature_table.load(home, LINE)
    matrix = table.matrix("u", {"device": 1}, ["shoe-2", "shoe-0"], as_of)
    makes = words_of(matrix[:, 2].tolist())
    assert np.delete(matrix, 2, axis=1).tolist() == [[1.0, 42.0, 0.0], [1.0, 40.0, 5.0]]
    assert makes == ["make 2", "make 0"]


def test_its_kept_table_is_proven_against_the_poisoned_past(home):
    """The count of any line's groups is blind to what came later."""
    as_of = T0 + timedelta(hours=9, minutes=30)
    features.compute(home, LINE, as_of)
    assert kept_features.look_ahead(home, LINE, [as_of]) == ()


def test_the_router_takes_its_own_context_and_no_film_word():
    """A request may send what the line's features read, and nothing else."""
    contract = Contract(LINE)
    assert contract.context({"device": 1}) == {"device": 1}
    with pytest.raises(BadInput, match="one of device"):
        contract.context({"age_band": 1})
