"""Generated posts whose topics, and the weeks in which topics begin and end, are known.

A topic has words of its own and some that it shares with its siblings; a post draws its words from
its topic and from the common vocabulary (Zipf). Shares of topics drift from week to week.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ALWAYS = 10**6
"""Week of a beginning (negative) or an end that is never seen."""


class Stream(NamedTuple):
    """Posts in the order they came.

    ``week`` and ``topic`` int64[n], ``texts`` n strings; ``begins`` and ``ends`` int64[T] are the
    first week of each topic and the week after its last one.
    """

    week: Ints
    topic: Ints
    texts: tuple[str, ...]
    begins: Ints
    ends: Ints


@dataclass(frozen=True, slots=True)
class TopicWorld:
    """What is generated: ``topics`` at the start, of which ``ending`` end; ``beginning`` come.

    Beginnings and ends fall between ``quiet_weeks`` at the start and the last four weeks. ``clear``
    are the lowest and highest mean share of a post's words that come from its topic.
    """

    weeks: int = 32
    topics: int = 16
    beginning: int = 5
    ending: int = 3
    posts_a_week: int = 250
    quiet_weeks: int = 10
    words: int = 4_000
    words_of_post: float = 40.0
    clear: tuple[float, float] = (0.25, 0.55)
    drift: float = 0.08


_OWN, _SHARED, _SIBLINGS = 80, 20, 4
_COMMON = 100  # the most frequent words belong to no topic


def generate(scene: TopicWorld, seed: int) -> Stream:
    """The posts of one scene; the same scene and seed give the same posts."""
    rng = np.random.default_rng(seed)
    common = 1 / (np.arange(scene.words) + 10.0)
    rng.shuffle(common[_COMMON // 2 :])
    common /= common.sum()
    themes = _themes(rng, scene)
    count = scene.topics + scene.beginning
    begins, ends = np.full(count, -ALWAYS), np.full(count, ALWAYS)
    free = np.arange(scene.quiet_weeks, scene.weeks - 4)
    begins[scene.topics :] = np.sort(rng.choice(free, scene.beginning, replace=False))
    ends[: scene.ending] = np.sort(rng.choice(free, scene.ending, replace=False))
    clear = rng.uniform(*scene.clear, count)
    share = rng.dirichlet(np.full(count, 4.0)) + 0.01
    weeks, topics, texts = [], [], []
    for week in range(scene.weeks):
        share = share * np.exp(rng.normal(0.0, scene.drift, count))
        ramp = np.clip((week - begins + 1) / 2, 0, 1)  # half of its share in the first week
        now = share * ramp * (week < ends)
        for topic in rng.choice(count, rng.poisson(scene.posts_a_week), p=now / now.sum()):
            weeks.append(week)
            topics.append(topic)
            texts.append(_post(rng, themes[topic], common, clear[topic], scene.words_of_post))
    return Stream(np.array(weeks), np.array(topics), tuple(texts), begins, ends)


def _themes(rng: np.random.Generator, scene: TopicWorld) -> list[tuple[Ints, Floats]]:
    """Words and their probabilities for each topic; every fourth topic shares some of them."""
    count = scene.topics + scene.beginning
    themed = np.arange(_COMMON, scene.words)
    families = [rng.choice(themed, 60, replace=False) for _ in range(max(count // _SIBLINGS, 1))]
    themes = []
    for topic in range(count):
        own = rng.choice(themed, _OWN, replace=False)
        shared = rng.choice(families[topic % len(families)], _SHARED, replace=False)
        chosen = np.concatenate([own, shared])
        themes.append((chosen, rng.dirichlet(np.full(len(chosen), 0.5))))
    return themes


def _post(
    rng: np.random.Generator,
    theme: tuple[Ints, Floats],
    common: Floats,
    clear: float,
    length: float,
) -> str:
    words = max(5, int(rng.lognormal(np.log(length), 0.6)))
    own = rng.binomial(words, rng.beta(6 * clear, 6 * (1 - clear)))
    drawn = [rng.choice(theme[0], own, p=theme[1]), rng.choice(len(common), words - own, p=common)]
    return " ".join(f"w{word}" for word in np.concatenate(drawn))
