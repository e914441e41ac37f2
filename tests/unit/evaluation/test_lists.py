"""Reconstructed lists hold real requests and real films, the same for every arm."""

from dataclasses import replace

import numpy as np
import pytest
from slipway.domain.errors import NotComputable
from slipway.evaluation import lists
from slipway.stats.overlap import total_variation
from slipway.training import dataset


@pytest.fixture(scope="module")
def rows(frame, line):
    return dataset.rows_of(frame, line, "holdout")


@pytest.fixture(scope="module")
def offered(rows, line):
    return lists.rebuild(rows, line)


class ByColumn:
    """Ranks by one feature, whatever else is known."""

    examination = ()

    def __init__(self, line, name):
        self.place = [c.name for c in line.features].index(name)

    def score(self, features):
        """The feature is probability and ranking score at once."""
        values = features[:, self.place]
        return values, values


def test_lists_hold_different_films(offered):
    """No film is offered twice in one list."""
    assert all(len(set(films)) == len(films) for films in offered.item.tolist())


def test_the_same_rows_give_the_same_lists(offered, rows, line):
    """Nothing is drawn afresh."""
    again = lists.rebuild(rows, line)
    assert np.array_equal(again.features, offered.features, equal_nan=True)
    assert np.array_equal(again.item, offered.item)


def test_features_of_request_and_film_are_as_served(offered, rows, line):
    """Within a list the request's features are one value; a film's genre is always its own."""
    width = offered.item.shape[1]
    names = [c.name for c in line.features]
    for name in ("age_band", "hour", "user_ctr"):
        column = offered.features[:, names.index(name)].reshape(-1, width)
        assert (column == column[:, :1]).all(), name
    genre = offered.features[:, names.index("genre")].reshape(-1, width)
    assert np.array_equal(genre, offered.category)
    served = dict(zip(rows.item.tolist(), rows.column(line, "genre").tolist(), strict=True))
    films = np.unique(rows.item.astype(str))
    assert all(
        served[films[i]] == g for i, g in zip(offered.item[0], offered.category[0], strict=True)
    )


def test_features_of_both_follow_segment_and_genre(offered, line):
    """The click rate of a genre in an age band is that band's, not the logged row's."""
    names = [c.name for c in line.features]
    rate = offered.features[:, names.index("genre_age_ctr")]
    liked = (
        offered.features[:, names.index("genre")] + offered.features[:, names.index("age_band")]
    ) % 3 == 0
    assert np.allclose(rate, 0.15 + 0.12 * liked)


def test_every_value_is_filled(offered):
    """Served rows without gaps give lists without gaps."""
    assert np.isfinite(offered.features).all()


def test_ranking_takes_the_best(offered, line):
    """The first places hold the highest scores, best first."""
    ranked = lists.rank(ByColumn(line, "item_ctr"), offered, 10)
    place = [c.name for c in line.features].index("item_ctr")
    scores = offered.features[:, place].reshape(offered.item.shape)
    for number in range(20):
        score_of = dict(zip(offered.item[number].tolist(), scores[number], strict=True))
        found = [score_of[film] for film in ranked.item[number].tolist()]
        assert found == sorted(scores[number], reverse=True)[:10]


def test_swinging_to_a_genre_moves_the_mix(offered, line):
    """Ranking by genre code shows other genres than ranking by click rate."""
    by_rate = lists.rank(ByColumn(line, "item_ctr"), offered, 10)
    by_genre = lists.rank(ByColumn(line, "genre"), offered, 10)
    mixes = [lists.mix(ranked, 14) for ranked in (by_rate, by_genre)]
    assert total_variation(*mixes) > 0.3
    assert mixes[0].sum() == pytest.approx(1)


def test_too_few_films_are_not_computable(rows, line):
    """Where every film fits into the list, all rankings show the same: no measurement."""
    few = replace(rows, item=rows.position.astype(str).astype(object))
    with pytest.raises(NotComputable, match="10 items"):
        lists.rebuild(few, line)
