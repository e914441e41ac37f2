"""A champion whose columns are all of use, and who is as right for every group of people."""

from slipway.domain.champion_check import ChampionCheck, ColumnWorth, GroupLevel

CHECKED = ChampionCheck(
    version="2",
    snapshot="s",
    rows=9_000,
    worths=(ColumnWorth("hour", 0.02, 0.01), ColumnWorth("genre", 0.4, 0.3)),
    people=("age_band",),
    groups=(
        GroupLevel("age_band", "under 25", 0.004, 0.001, 0.007, 900),
        GroupLevel("age_band", "older", -0.001, -0.003, 0.001, 8_100),
    ),
    margin=0.02,
    unit="probability",
)
