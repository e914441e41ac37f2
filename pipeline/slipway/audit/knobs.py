"""What decides in an audit and may be set for a table, with unit and reason; what one method alone needs is in :mod:`thresholds`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knobs:
    """What is plausible for an honest column, and how sure an accusation must be.

    Distances are d' (standard deviations between the classes; AUC .83 is 1.35, .9 is 1.81, .95 is 2.33), ``z`` standard
    errors. Set on hotel_bookings, bike_sharing, simulated tables and public ones that were opened for it.
    """

    most_rows: int = 1_000_000  # rows that are looked at; of more an even sample
    blocks: int = 20  # time blocks inside which rows are compared
    fewest_per_block: int = 25  # rows of the rarer class a block must hold
    folds: int = 5
    prior_rows: float = 20.0  # rows of average outcome a bin starts with
    z_power: float = 3.0  # of an AUC: 1 of 700 by chance
    z_purity: float = 2.6  # of a bin, on top of an odds multiple that is far from 1
    strong: float = 1.35  # d' alone from which a column has to be explained by the others
    excess: float = 0.85  # d' beyond all that the other columns say together: suspect
    excess_alone: float = 1.9  # d' alone, for sure (AUC .91): an accusation; weaker: asked
    excess_of_number: float = 2.2  # the same (AUC .94) of a label that is a number
    excess_named: float = 1.1  # the same of a column of many words: what has a name has a history
    excess_leak: float = 1.5  # the same: leak
    excess_sure: float = 0.4  # the part of it that chance must not explain
    lone: float = 2.0  # d' alone (AUC .92) that has to be explained by another column alone
    lone_asked: float = 0.5  # d' alone, for sure (AUC .64), of the one strongest column: asked
    lone_gap: float = 0.7  # d' that the best other column alone may stay behind it
    effect_tied: float = 0.3  # rank correlation with what the other columns say, to be believed
    effect_left: float = 0.15  # share of it that is left among rows of one outcome: an effect
    part: float = 2.33  # d' (AUC .95) for sure in one part of the table, and weak in all others
    part_rows: int = 40  # rows of each outcome that a part of the table must hold
    near_perfect: float = 3.0  # d' alone (AUC .983) that no honest column reaches
    pair: float = 2.0  # d' (AUC .92) of two columns together, for sure, from which they are accused
    pair_rows: int = 1_000  # rows from which the others' yardstick is as long as that of a pair
    pair_candidate: float = 1.5  # the same by moments: worth a closer look
    pair_gain: float = 0.8  # d' by which two columns must exceed the better one
    alike: float = 0.25  # d' by which columns that vouch for each other may differ
    cause_tied: float = 0.3  # share of the tie to the others that an effect would have
    trace: float = 0.75  # d' (AUC .70) of missingness or format: suspect
    trace_beyond: float = 0.3  # d' by which a format must say more than the value itself
    trace_identifier: float = 0.18  # d' (AUC .55) of an identifier's digits or letters: suspect
    trace_order: float = 0.36  # d' (AUC .60) of the place in the file among equal times: a note
    trace_leak: float = 1.8  # d' (AUC .90) of any of these: leak
    trace_note: float = 0.15  # d' (AUC .54) of any of these: worth a note
    pure: float = 40.0  # times the odds that the other columns expect: suspect
    pure_asked: float = 8.0  # the same: worth a question
    pure_leak: float = 100.0  # the same: leak
    pure_expected: float = 20.0  # exceptions expected where there is none: suspect
    pure_common: float = 0.65  # share from which an outcome is the common one
    pure_rows: float = 10.0  # rows of a pure subgroup: fewer are luck, whatever was expected
    pure_blocks: float = 0.25  # share of the time blocks a pure subgroup must reach
    mixed: float = 0.2  # intraclass correlation of a column's other values: a pure one is no news
    sorted_share: float = 0.9  # share of the label's variance between parts of the file: sorted
    place_share: float = 0.05  # share of lists that a column counts: suspect
    place_leak: float = 0.5  # the same: leak
    twin_share: float = 0.001  # share of test rows with a copy in training: suspect
    twin_leak: float = 0.01  # the same: leak
    twin_rows: int = 10  # copies from which a share is believed
    twin_kappa: float = 0.8  # Cohen's kappa of the copies' labels; chance twins agree less
    near_share: float = 0.005  # share of test rows with a near copy in training: suspect
    near_kappa: float = 0.95  # the same of near copies
    near_excess: float = 3.0  # times as many near copies as inside the training period
    near_columns: float = 0.8  # share of columns that near copies share
    identity_parts: int = 8  # columns that a computed label may be made of
    fitted_exact: float = 1e-4  # standard deviations within which a mean of 0 is no chance
    fitted_chance: float = 0.01  # the same, times the square root of the rows
    after_rows: int = 5  # rows dated after themselves from which a share is believed
    after_share: float = 0.0005  # share of rows dated after themselves: suspect
    after_leak: float = 0.05  # the same: leak
    plan_share: float = 0.9  # share of later times on a coarse grid, or of a few delays: a plan
    span_share: float = 0.95  # share of rows in which a number is the time until a later date
    immature_hits: float = 8.0  # outcomes that the newest rows should hold
    immature_z: float = 3.5  # usual changes by which the label's rate falls at the end: suspect
    immature_ratio: float = 0.7  # rate of the newest rows against what is expected
    immature_depth: float = 1.5  # times the deepest fall before, in logarithms
    immature_leak: float = 0.3  # rate of the newest rows against what is expected: leak, where
    immature_sure: float = 5.0  # the fall is at least so many usual changes
    related_share: float = 0.45  # share of an accused column's spread that a noted one gives
    grown: float = 0.08  # correlation with the time of the outcome among rows of one: a note
    same: float = 0.5  # agreement of two columns that hold the same thing, beyond chance, too
    differ: float = 3.0  # times the odds where they differ: a note
    differ_suspect: float = 6.0  # the same: suspect
    entities: int = 20  # ways to group the rows in which means of the label are looked for
    encoding_steady: float = 0.98  # share of a group's neighbours with equal value
    encoding_noise: float = 0.25  # share of the sampling noise; means of other rows: all
    encoding_leak: float = 0.05  # the same: leak
    histories: int = 5_000  # columns times ways to group that are followed
    entity_rows: int = 40_000  # rows, in whole groups, in which histories are followed
    echo_steps: int = 200  # steps of a value from which its history is believed
    echo_own: float = 0.3  # phi of its steps with the row's own label beyond the previous: suspect
    echo_ahead: float = 0.6  # share that later labels explain of what earlier ones leave: suspect
    echo_leak: float = 0.8  # either: leak
    echo_against: float = 0.97  # correlation with the row's own label as in a mean of the others
    clock: float = 0.05  # share of a column's entropy that its predecessor leaves open
    proxy_drop: float = 0.5  # d' share that must remain within time blocks, else a time proxy
    most_judged: int = 12  # columns that the reference model is asked about
    proxy_power: float = 0.4  # d' over all rows from which a time proxy is worth a note
    model_rows: int = 30_000  # rows the reference model of the other columns is fitted on
    model_columns: int = 200  # columns it reads, the strongest ones


KNOBS = Knobs()
