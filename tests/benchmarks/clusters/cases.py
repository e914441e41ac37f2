"""The streams of posts that are clustered: generated ones with known topics, and real periods."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from slipway.examples import stackexchange

from tests.support.topics import ALWAYS, Stream, TopicWorld, generate

from .strange import Strange
from .strange import generate as make_strange

SEEDS = (101, 102, 103, 104, 105, 106)  # none of them was looked at while the recipe was made
GENERATED_WINDOW = 8

BEER, SPIRITS = "beer.stackexchange.com", "beer: wine and spirits"
SCOPE_WIDENED = date(2016, 4, 4)  # a few asked about wine before, and were sent away
_SPIRITS = re.compile(
    r"\b(?:wine|red-wine|whiskey|spirits|vodka|gin|rum|cocktails|liquor|tequila)(?![\w-])"
)


@dataclass(frozen=True)
class Case:
    """One row of the table.

    ``weeks`` of ``stream`` are clustered, each in a window of ``width`` weeks. Of generated posts
    all topics are known, so that a birth can be false; of real ones only when sites began.
    """

    name: str
    stream: Stream
    weeks: range
    width: int
    generated: bool


# name, first week, weeks, window in weeks
PERIODS = (
    ("2016: beer widens its scope, ai begins", date(2016, 3, 7), 40, 26),
    ("2018: quantum computing begins", date(2018, 2, 5), 29, 26),
    ("2021: cardano", date(2021, 6, 7), 26, 13),
    ("2014: metas, beer and teaching begin", date(2014, 1, 6), 24, 26),
)


def generated(seed: int) -> Case:
    """Topics that begin and end on known weeks."""
    scene = TopicWorld()
    weeks = range(GENERATED_WINDOW - 1, scene.weeks)
    return Case(f"seed {seed}", generate(scene, seed), weeks, GENERATED_WINDOW, generated=True)


def strange(kind: Strange, seed: int = 1) -> Case:
    """Posts of another kind than those the recipe was made with."""
    weeks = range(GENERATED_WINDOW - 1, kind.weeks)
    return Case(kind.name, make_strange(kind, seed), weeks, GENERATED_WINDOW, generated=True)


def real(folder: Path, number: int) -> Case:
    """One of PERIODS of real posts; their known topics are the sites, and beer's later scope."""
    name, begin, count, width = PERIODS[number]
    posts = stackexchange.load(folder)
    at = posts["event_at"].dt.tz_localize(None)
    zero = at.min().normalize()
    week = ((at - zero).dt.days // 7).to_numpy(np.int64)
    topics, code = np.unique(_topics(posts, folder), return_inverse=True)
    start = (begin - zero.date()).days // 7
    weeks = range(start, start + count)
    begins = np.array([_begin(week[code == topic]) for topic in range(len(topics))])
    begins[topics == SPIRITS] = (SCOPE_WIDENED - zero.date()).days // 7
    begins[(begins <= start) | (begins >= start + count)] = -ALWAYS
    stream = Stream(
        week, code.astype(np.int64), tuple(posts["text"]), begins, np.full(len(begins), ALWAYS)
    )
    return Case(name, stream, weeks, width, generated=False)


def _begin(weeks: np.ndarray) -> int:
    """The first week of the first month in which a topic has five posts: a stray one is none."""
    weeks = np.sort(weeks)
    return int(weeks[:-4][weeks[4:] - weeks[:-4] <= 3].min(initial=ALWAYS))


def _topics(posts: pd.DataFrame, folder: Path) -> np.ndarray:
    """The site of each post; posts about wine and spirits on the site about beer are a topic."""
    raw = pd.read_csv(folder / "posts.csv.gz", low_memory=False)
    raw = raw[raw["site"] == BEER]
    said = raw.set_index("Id")["Tags"].fillna("")
    question = raw["Id"].where(raw["ParentId"].isna(), raw["ParentId"]).astype(int)
    spirits = question.map(said).fillna("").str.contains(_SPIRITS)
    ids = set(BEER + "/" + raw["Id"][spirits].astype(str))
    return np.where(posts["post_id"].isin(ids), SPIRITS, posts["site"])
