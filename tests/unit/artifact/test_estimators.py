"""Stored pipelines are loaded only where they are whole and hold nothing but trees."""

import subprocess

import pytest
from slipway.artifact.ensemble import MODEL
from slipway.artifact.estimators import load_estimator
from slipway.domain.errors import BadInput


def test_foreign_types_in_a_stored_pipeline_are_refused(tmp_path):
    """A stored pipeline that holds code of others is not loaded."""
    from skops.io import dump

    dump({"a": subprocess.Popen}, tmp_path / MODEL)
    with pytest.raises(BadInput, match="Popen"):
        load_estimator(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_a_pipeline_that_cannot_be_read_is_refused(tmp_path, content):
    """A torn, empty or missing file is one clear line that names it."""
    if content is not None:
        (tmp_path / MODEL).write_bytes(content)
    with pytest.raises(BadInput, match=MODEL):
        load_estimator(tmp_path)
