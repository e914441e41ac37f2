"""The log's columns follow from the events, and stay what earlier versions wrote."""

import pyarrow as pa
from slipway.data.schema import ITEM_FIELDS, OUTCOMES, REQUEST_FIELDS, TIME

REQUEST = [
    ("request_id", pa.string(), False),
    ("user", pa.string(), False),
    ("requested_at", TIME, False),
    ("arrived_at", TIME, False),
    ("arm", pa.string(), False),
    ("version", pa.string(), False),
    ("stage", pa.string(), False),
    ("epoch", pa.int32(), False),
    ("latency_ms", pa.float64(), False),
    ("fallback", pa.bool_(), False),
    ("shadow_version", pa.string(), True),
    ("shadow_latency_ms", pa.float64(), True),
    ("shadow_ok", pa.bool_(), True),
    ("shadow_score", pa.float64(), True),
    ("features_as_of", TIME, False),
    ("items_offered", pa.int32(), True),
    ("drafted", pa.string(), True),
]
ITEM = [
    ("item", pa.string(), False),
    ("position", pa.int16(), False),
    ("propensity", pa.float64(), False),
    ("score", pa.float64(), False),
    ("model_position", pa.int16(), True),
    ("shadow_position", pa.int16(), True),
]
OUTCOME = [
    ("request_id", pa.string(), False),
    ("item", pa.string(), False),
    ("kind", pa.string(), False),
    ("value", pa.float64(), False),
    ("happened_at", TIME, False),
    ("arrived_at", TIME, False),
    ("delivery_id", pa.string(), True),
]


def test_the_log_has_the_columns_it_always_had():
    """Names, types, order and nullability are those of every log that was ever written."""
    for fields, literal in ((REQUEST_FIELDS, REQUEST), (ITEM_FIELDS, ITEM), (OUTCOMES, OUTCOME)):
        assert [(f.name, f.type, f.nullable) for f in fields] == literal
