"""A log of generated posts, for whoever runs a line of clusters."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from slipway import lines
from slipway.data import posts as log
from support.topics import TopicWorld, generate

BEGIN = datetime(2026, 1, 5, 7, tzinfo=UTC)
"""A Monday at the line's hour: data intervals begin and end there."""

SCENE = TopicWorld(weeks=12, topics=7, beginning=0, ending=0, posts_a_week=90, clear=(0.45, 0.6))
QUICK = {"restarts": 5, "dimensions": 40}


def write_posts(home: Path, scene: TopicWorld = SCENE, name: str = "posts") -> None:
    """Generated posts in the log of the line ``name``, in two parts."""
    stream = generate(scene, 4)
    rng = np.random.default_rng(0)
    second = stream.week * 7 * 86_400 + rng.integers(0, 7 * 86_400, len(stream.week))
    at = pd.to_datetime(BEGIN) + pd.to_timedelta(second, unit="s")
    rows = pd.DataFrame(
        {
            "post_id": [f"p{n:06d}" for n in range(len(at))],
            "arrived_at": at,
            "event_at": at,
            "text": stream.texts,
        }
    )
    line = replace(lines.load_clusters("posts"), name=name)
    for part in (rows.iloc[::2], rows.iloc[1::2]):
        log.append(home, line, part)
