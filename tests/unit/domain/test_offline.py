"""Offline measurements on file."""

import json

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.stability import Chance
from support.offline import held_out


def test_measurements_of_an_older_version_are_read():
    """What older files call by the words of a film shop is read as the same numbers."""
    measured = held_out(
        moved={"category_mix": 0.1}, chance={"category_mix_by_user": Chance(0.1, 0.2, 0.3)}
    )
    text = json.dumps(measured.to_dict())
    for now, first in (
        ("category_mix_by_category", "genre_mix_by_genre"),
        ("category_mix", "genre_mix"),
    ):
        text = text.replace(now, first)
    assert "genre_mix_floor" in text
    assert OfflineMeasurements.from_dict(json.loads(text)) == measured
