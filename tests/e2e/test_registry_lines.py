"""A registry that runs, and a line that is declared after it was started."""

import sys

import lines_kit
import pytest
import registry_kit
from slipway.registry.rest import RegistryRefused

pytestmark = pytest.mark.e2e


def test_a_line_that_is_declared_later_is_guarded_and_reviewed(tmp_path, monkeypatch):
    """Its versions are the service account's alone, and a reviewer's word on one is signed."""
    teams = lines_kit.write(tmp_path / "teams")
    monkeypatch.setenv("SLIPWAY_LINES", str(teams))
    monkeypatch.setattr(sys, "path", [*sys.path])
    with registry_kit.running(tmp_path / "registry", SLIPWAY_LINES=str(teams)) as desk:
        lines_kit.write(teams, deck_late=lines_kit.SOUND)
        ranker = desk.folder("ranker", ranker_json="{}")
        evidence = desk.folder("evidence", page_html="<h1>Evidence</h1>")
        said = {"author": "adam", "origin": "manual", "fingerprint": f"{1:064x}"}
        words = {"key": "k", "tags": said, "description": "", "params": {}, "metrics": {}}
        with pytest.raises(RegistryRefused):
            desk.as_user("adam").register("deck_late", ranker, evidence, **words)
        service = desk.as_user()
        service.register("deck_late", ranker, evidence, **words)
        path = "/api/2.0/mlflow/model-versions/set-tag"
        for key, value in (("evidence_digest", registry_kit.DIGEST), ("stage", "approval")):
            tag = {"name": "deck_late", "version": "1", "key": key, "value": value}
            assert desk.call("slipway", "POST", path, **tag).is_success
        desk.as_user("rita").set_review("deck_late", "1", registry_kit.WORD)
        assert service.reviews("deck_late", "1").reviewer == "rita"
