"""Assignment: sticky, monotone, and in proportion."""

from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.policy import Policy
from slipway.domain.release import Arm
from slipway.serving.assignment import SALT, assign

POLICY = Policy()
users = st.text(max_size=40)
versions = st.integers(1, 500).map(str)
shares = st.floats(0, 1)


@given(users, versions, shares)
def test_a_user_is_sticky(user, version, share):
    """The same user, version and share always give the same arm."""
    first = assign(user, "feed", SALT, POLICY, version, share)
    assert first is assign(user, "feed", SALT, POLICY, version, share)


@given(users, versions, shares, shares)
def test_growing_a_share_only_adds_users(user, version, one, other):
    """Nobody leaves the candidate while its share grows."""
    small, large = sorted((one, other))
    if assign(user, "feed", SALT, POLICY, version, small) is Arm.CANDIDATE:
        assert assign(user, "feed", SALT, POLICY, version, large) is Arm.CANDIDATE


@given(users, st.none() | versions, st.none() | versions, shares, shares)
def test_hold_outs_are_permanent(user, one, other, small, large):
    """Who is held out for the rules or exploration stays there in every release and stage."""
    before = assign(user, "feed", SALT, POLICY, one, small)
    after = assign(user, "feed", SALT, POLICY, other, large)
    held_out = {Arm.RULES, Arm.EXPLORE}
    assert (before in held_out) == (after in held_out)
    if before in held_out:
        assert before is after


@given(users, st.none() | versions)
def test_without_a_share_nobody_meets_the_candidate(user, version):
    """A share of 0, or no candidate, leaves everybody with champion, rules and exploration."""
    assert assign(user, "feed", SALT, POLICY, version, 0.0) is not Arm.CANDIDATE


def test_shares_are_kept():
    """Over 200,000 users each arm's share is within four standard errors of its declaration."""
    n, share = 200_000, 0.25
    arms = [assign(f"u{i}", "feed", SALT, POLICY, "7", share) for i in range(n)]
    rest = 1 - POLICY.rules_share - POLICY.explore_share
    for arm, p in (
        (Arm.RULES, POLICY.rules_share),
        (Arm.EXPLORE, POLICY.explore_share),
        (Arm.CANDIDATE, rest * share),
        (Arm.CHAMPION, rest * (1 - share)),
    ):
        assert abs(arms.count(arm) / n - p) < 4 * (p * (1 - p) / n) ** 0.5


def test_candidates_are_independent():
    """Being among the first users of one candidate says nothing about the next one."""
    n, share = 100_000, 0.5
    both = sum(
        assign(f"u{i}", "feed", SALT, POLICY, "7", share) is Arm.CANDIDATE
        and assign(f"u{i}", "feed", SALT, POLICY, "8", share) is Arm.CANDIDATE
        for i in range(n)
    )
    p = (1 - POLICY.rules_share - POLICY.explore_share) * share * share
    assert abs(both / n - p) < 4 * (p * (1 - p) / n) ** 0.5


def test_lines_are_independent():
    """Who is held out on one line is not therefore held out on another."""
    rules = [u for u in range(20_000) if assign(str(u), "a", SALT, POLICY, None, 0) is Arm.RULES]
    also = sum(assign(str(u), "b", SALT, POLICY, None, 0) is Arm.RULES for u in rules)
    assert also < len(rules) * 0.12
