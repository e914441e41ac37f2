"""Values behind the JSON of an infer request are read as they would be in it, and what does not fit is named."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.errors import BadInput
from slipway.serving import binary_tensors

FORMATS = {
    "BOOL": "?",
    "FP32": "f",
    "FP64": "d",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
}


def values_of(datatype):
    """Values that a datatype holds exactly."""
    if datatype == "BYTES":
        return st.text(max_size=20)
    if datatype == "BOOL":
        return st.booleans()
    if datatype.startswith("FP"):
        return st.floats(allow_nan=False, width=int(datatype[2:]))
    sign, _, bits = datatype.partition("INT")
    half = 1 << int(bits) - 1
    return st.integers(0, 2 * half - 1) if sign else st.integers(-half, half - 1)


TENSORS = st.lists(
    st.sampled_from([*FORMATS, "BYTES"]).flatmap(
        lambda kind: st.tuples(st.just(kind), st.lists(values_of(kind), max_size=5))
    ),
    max_size=5,
)


def packed(datatype, values):
    """The bytes of one tensor, one value after the other."""
    if datatype == "BYTES":
        return b"".join(struct.pack("<I", len(v.encode())) + v.encode() for v in values)
    return b"".join(struct.pack(f"<{FORMATS[datatype]}", value) for value in values)


def said(datatype, size, **words):
    return {"name": "x", "datatype": datatype, "parameters": {"binary_data_size": size}} | words


@given(TENSORS, st.data())
def test_values_come_back_as_they_were_packed(tensors, draw):
    """Any mixture of tensors in JSON and in bytes says what it would say in JSON alone."""
    inputs, data, wanted = [], b"", []
    for kind, values in tensors:
        wanted.append({"name": "x", "datatype": kind, "data": values})
        if draw.draw(st.booleans()):
            inputs.append(wanted[-1])
        else:
            data += packed(kind, values)
            inputs.append(said(kind, len(packed(kind, values))))
    assert binary_tensors.placed(inputs, data) == wanted


@given(
    st.lists(st.one_of(st.integers(-3, 40), st.none(), st.booleans(), st.text(max_size=3))),
    st.sampled_from([*FORMATS, "FP16", "BYTES", "FP8", None, 7]),
    st.binary(max_size=40),
)
def test_whatever_comes_is_read_or_named(sizes, kind, data):
    """No sizes, datatype or bytes do anything else."""
    try:
        found = binary_tensors.placed([said(kind, size) for size in sizes], data)
    except BadInput as error:
        assert "\n" not in str(error)  # noqa: PT017 - one of two right ends
    else:
        assert len(found) == len(sizes)


@pytest.mark.parametrize(
    ("inputs", "data", "word"),
    [
        ([said("INT64", 8)], b"1234567", r"inputs\[0\].parameters.binary_data_size == 8"),
        ([said("INT64", 7)], b"1234567", "whole values of INT64"),
        ([said("INT64", -1)], b"", "binary_data_size == -1"),
        ([said("INT64", True)], b"1", "binary_data_size == True"),
        ([said("BYTES", 6)], b"\x03\0\0\0ab", "four bytes of length"),
        ([said("BYTES", 2)], b"\x00\0", "four bytes of length"),
        ([said("BYTES", 5)], b"\x01\0\0\0\xff", "UTF-8"),
        ([said("INT8", 1)], b"12", "1 bytes more than their sizes"),
        ([], b"12", "2 bytes more"),
    ],
)
def test_what_does_not_fit_is_named(inputs, data, word):
    """Sizes, layouts and leftovers, each in one line."""
    with pytest.raises(BadInput, match=word):
        binary_tensors.placed(inputs, data)


def test_a_missing_number_is_missing():
    """The layout has no null: NaN stands for it, and for nothing else."""
    data = struct.pack("<dd", float("nan"), 2.5)
    assert binary_tensors.placed([said("FP64", 16)], data)[0]["data"] == [None, 2.5]


def test_a_body_is_split_where_its_header_says():
    """Without the header all of it is JSON."""
    name = b"inference-header-content-length"
    assert binary_tensors.split([(b"host", b"x")], b"{}ab") == (b"{}ab", b"")
    assert binary_tensors.split([(name, b"2")], b"{}ab") == (b"{}", b"ab")
    assert binary_tensors.split([(name, b"4")], b"{}ab") == (b"{}ab", b"")


@pytest.mark.parametrize("value", [b"5", b"0", b"-1", b"two", b"", b"9" * 5000, b"2, 2"])
def test_a_length_that_is_none_is_named(value):
    """More bytes than came, none, or no number."""
    with pytest.raises(BadInput, match="inference-header-content-length"):
        binary_tensors.split([(b"inference-header-content-length", value)], b"{}ab")
    name = b"inference-header-content-length"
    with pytest.raises(BadInput, match="once"):
        binary_tensors.split([(name, b"2"), (name, b"2")], b"{}ab")
