"""From every state, over combinations of failing parts, a return reaches every router process.

Each state is tried with some of the combinations, and all of them together with every combination;
``python -m tests.benchmarks.returns`` tries each with every one.
"""

from itertools import product

import pytest
import returns_enumerated as enumerated

SOME = 18
"""One of so many combinations is tried of each state."""


@pytest.fixture(scope="module")
def places():
    """A folder for thousands of worlds, and every state's ledger in it."""
    with enumerated.places() as made:
        yield made


@pytest.mark.parametrize("who", enumerated.WHO)
@pytest.mark.parametrize("name", enumerated.HISTORIES)
def test_a_return_reaches_every_process_within_one_poll(places, monkeypatch, name, who):
    """Wherever an order can be written at all, the version is off, also after a restart, and stays off."""
    first = list(enumerated.HISTORIES).index(name) + enumerated.WHO.index(who)
    cases = [case for k, case in enumerate(enumerated.CASES, first) if k % SOME == 0]
    assert len(cases) == len(enumerated.CASES) // SOME
    for case in cases:
        enumerated.attempt(places, monkeypatch, name, who, case)


def test_every_combination_is_tried_of_some_state():
    """What one state leaves out, others try; so it is with each state of the review and each failing part."""
    tried, pairs = set(), set()
    for name, who in product(enumerated.HISTORIES, enumerated.WHO):
        first = list(enumerated.HISTORIES).index(name) + enumerated.WHO.index(who)
        for k, case in enumerate(enumerated.CASES):
            if (k + first) % SOME == 0:
                tried.add(case)
                pairs |= set(product(enumerated.review_of(name, who, case), enumerate(case)))
    assert tried == set(enumerated.CASES)
    words = {*enumerated.REVIEW, *enumerated.EVIDENCE}
    parts = {part for case in enumerated.CASES for part in enumerate(case)}
    assert pairs == set(product(words, parts))
