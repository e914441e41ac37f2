"""Generated posts of other kinds than those the recipe was made with: a generator of their own.

Words are Zipf's, of all topics and of each; a topic may change its words from week to week, split in
two that each keep half of its words, or be a flood of nearly equal posts in one week. Some posts are
copies of earlier ones. Topics keep their share of the posts but for a random walk.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from tests.support.topics import ALWAYS, Stream

_VOCABULARY, _OF_ALL, _OF_TOPIC = 12_000, 150, 150  # words; the first ones belong to no topic
_WALK = 0.06
_COPIED_FROM = 1_500  # posts back
_FLOOD_WORDS, _FLOOD_CHANGES = 25, 3


@dataclass(frozen=True)
class Strange:
    """One kind of posts: ``topics`` at the start; others begin in the weeks of ``begins``.

    ``own`` are the lowest and highest mean share of a post's words that are its topic's. ``turnover``
    is the share of a topic's words that are others a week later, ``copies`` that of posts said before.
    ``splits`` are pairs (topic, week), ``floods`` pairs (week, posts).
    """

    name: str
    topics: int = 12
    posts_a_week: int = 220
    words: float = 40.0
    spread: float = 0.6
    own: tuple[float, float] = (0.3, 0.55)
    begins: tuple[int, ...] = ()
    turnover: float = 0.0
    splits: tuple[tuple[int, int], ...] = ()
    floods: tuple[tuple[int, int], ...] = ()
    copies: float = 0.0
    weeks: int = 28


KINDS = (
    Strange("words that drift", turnover=0.04, begins=(15,)),
    Strange(
        "titles", topics=16, posts_a_week=300, words=9, spread=0.3, own=(0.4, 0.65), begins=(13, 20)
    ),
    Strange("topics that split", splits=((1, 13), (5, 19))),
    Strange("floods and copies", floods=((13, 120), (20, 60)), copies=0.1),
    Strange("few words of its own", topics=16, own=(0.12, 0.3), begins=(14,)),
    Strange("24 topics", topics=24, posts_a_week=300, begins=(12, 17, 21)),
)


class Topics:
    """The words of each topic, and the weeks in which topics begin and end."""

    def __init__(self, kind: Strange, rng: np.random.Generator) -> None:
        self.kind, self.rng = kind, rng
        self.flood = kind.topics + len(kind.begins) + 2 * len(kind.splits)
        count = self.flood + len(kind.floods)
        self.words = rng.integers(_OF_ALL, _VOCABULARY, (count, _OF_TOPIC))
        self.begins, self.ends = np.full(count, -ALWAYS), np.full(count, ALWAYS)
        self.begins[kind.topics : kind.topics + len(kind.begins)] = kind.begins
        for place, (parent, week) in enumerate(kind.splits):
            for half in (0, 1):
                child = kind.topics + len(kind.begins) + 2 * place + half
                self.words[child, half::2] = self.words[parent, half::2]
                self.begins[child] = week
            self.ends[parent] = week
        self.begins[self.flood :] = [week for week, _ in kind.floods]
        self.clear = rng.uniform(*kind.own, count)
        self.share = rng.dirichlet(np.full(count, 4.0)) + 0.01
        self.share[self.flood :] = 0

    def step(self) -> None:
        """A week later: shares walk, some words are others."""
        self.share = self.share * np.exp(self.rng.normal(0, _WALK, len(self.share)))
        new = self.rng.integers(_OF_ALL, _VOCABULARY, self.words.shape)
        self.words = np.where(
            self.rng.random(self.words.shape) < self.kind.turnover, new, self.words
        )

    def post(self, topic: int) -> str:
        """The words of one post."""
        many = max(3, int(self.rng.lognormal(np.log(self.kind.words), self.kind.spread)))
        clear = self.clear[topic]
        mine = self.rng.binomial(many, self.rng.beta(6 * clear, 6 * (1 - clear)))
        own = self.rng.choice(self.words[topic], mine, p=_zipf(_OF_TOPIC))
        return _text([*own, *self.rng.choice(_VOCABULARY, many - mine, p=_zipf(_VOCABULARY))])

    def drawn(self, week: int) -> np.ndarray:
        """The topics of a week's posts."""
        now = self.share * ((week >= self.begins) & (week < self.ends))
        many = self.rng.poisson(self.kind.posts_a_week)
        return self.rng.choice(len(now), many, p=now / now.sum())


def generate(kind: Strange, seed: int) -> Stream:
    """The posts of one kind; the same kind and seed give the same posts."""
    rng = np.random.default_rng(seed)
    topics = Topics(kind, rng)
    posts: list[tuple[int, int, str]] = []
    for week in range(kind.weeks):
        topics.step()
        for topic in topics.drawn(week).tolist():
            copied = int(rng.integers(max(0, len(posts) - _COPIED_FROM), len(posts) + 1))
            new = (week, topic, topics.post(topic))
            again = rng.random() < kind.copies and copied < len(posts)
            posts.append((week, *posts[copied][1:]) if again else new)
        for place, (at, many) in enumerate(kind.floods):
            if at == week:
                posts += [(week, topics.flood + place, text) for text in _flood(rng, many)]
    weeks, of, texts = zip(*posts, strict=True)
    return Stream(np.array(weeks), np.array(of), texts, topics.begins, topics.ends)


def _flood(rng: np.random.Generator, many: int) -> list[str]:
    said = np.tile(rng.integers(0, _VOCABULARY, _FLOOD_WORDS), (many, 1))
    for row in said:
        row[rng.integers(0, _FLOOD_WORDS, _FLOOD_CHANGES)] = rng.integers(
            0, _VOCABULARY, _FLOOD_CHANGES
        )
    return [_text(row) for row in said]


@cache
def _zipf(words: int) -> np.ndarray:
    weight = 1 / (np.arange(words) + 4.0)
    return weight / weight.sum()


def _text(said: Iterable[int]) -> str:
    return " ".join(f"w{word}" for word in said)
