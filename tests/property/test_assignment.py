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


def held(user, candidate=None, share=0.0, champion="8", previous_share=0.05):
    """The arm beside the champion of version 8, before which another one leads."""
    return assign(
        user,
        "feed",
        SALT,
        POLICY,
        candidate,
        share,
        champion_version=champion,
        previous_share=previous_share,
    )


hold_backs = st.floats(0, 0.5 - POLICY.rules_share - POLICY.explore_share)


@given(users, versions, shares, hold_backs, hold_backs)
def test_a_smaller_hold_back_only_lets_users_go(user, version, share, one, other):
    """Who leaves a hold-back meets champion or candidate; nobody else moves while it shrinks."""
    small, large = sorted((one, other))
    before = held(user, version, share, previous_share=large)
    after = held(user, version, share, previous_share=small)
    assert after is before or (before is Arm.PREVIOUS and after in {Arm.CHAMPION, Arm.CANDIDATE})
    if after is Arm.PREVIOUS:
        assert before is Arm.PREVIOUS


@given(users, hold_backs)
def test_a_promotion_moves_nobody_of_its_hold_back(user, previous_share):
    """They were never answered by the new champion, and those that were keep it."""
    at_half = assign(user, "feed", SALT, POLICY, "8", 0.5)
    after = held(user, previous_share=previous_share)
    if after is Arm.PREVIOUS:
        assert at_half is Arm.CHAMPION
    if at_half is Arm.CANDIDATE:
        assert after is Arm.CHAMPION


@given(users, versions, shares, shares)
def test_a_candidate_does_not_touch_the_hold_back(user, version, small, large):
    """Whoever comes and grows meanwhile, who is held back stays so."""
    before, after = held(user, version, small), held(user, version, large)
    assert (before is Arm.PREVIOUS) == (after is Arm.PREVIOUS)


def test_shares_beside_a_hold_back_are_kept():
    """Each arm has its part, the parts sum to 1, and candidate to champion is as without it."""
    n, share, back = 200_000, 0.25, 0.05
    arms = [held(f"u{i}", "9", share, previous_share=back) for i in range(n)]
    rest = 1 - POLICY.rules_share - POLICY.explore_share - back
    parts = {
        Arm.RULES: POLICY.rules_share,
        Arm.EXPLORE: POLICY.explore_share,
        Arm.PREVIOUS: back,
        Arm.CANDIDATE: rest * share,
        Arm.CHAMPION: rest * (1 - share),
    }
    assert abs(sum(parts.values()) - 1) < 1e-12
    for arm, p in parts.items():
        assert abs(arms.count(arm) / n - p) < 4 * (p * (1 - p) / n) ** 0.5
