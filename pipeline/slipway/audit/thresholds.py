"""All numbers that decide in an audit, with unit and reason.

:class:`Knobs` may be set for a table; what belongs to one probe's method alone (a number of bins, a
sample's size) stands after them, under the name of its module.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knobs:
    """What is plausible for an honest column, and how sure an accusation must be.

    Distances are d' (standard deviations between the classes; AUC .83 is 1.35, .9 is 1.81, .95 is
    2.33). ``z`` are standard errors. Set on hotel_bookings, bike_sharing and simulated tables, and
    reported on others.
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
    excess_alone: float = 1.9  # d' alone, for sure (AUC .91): an accusation; weaker is asked
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
    cause_tied: float = 0.3  # share of the tie to the others that an effect of the outcome has
    trace: float = 0.75  # d' (AUC .70) of missingness or format: suspect
    trace_beyond: float = 0.3  # d' by which a format must say more than the value itself
    trace_identifier: float = 0.18  # d' (AUC .55) of an identifier's digits or letters: suspect
    trace_order: float = 0.36  # d' (AUC .60) of the place in the file among equal times: a note
    trace_leak: float = 1.8  # d' (AUC .90) of any of these: leak
    trace_note: float = 0.15  # d' (AUC .54) of any of these: worth a note
    pure: float = 40.0  # times the odds that the other columns expect: suspect
    pure_asked: float = 8.0  # the same: worth a question
    pure_leak: float = 100.0  # the same: leak
    pure_expected: float = 20.0  # exceptions expected where the rarer outcome has none: suspect
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
    encoding_steady: float = (
        0.98  # share of neighbours of a group with equal value: a group's value
    )
    encoding_noise: float = (
        0.25  # share of the sampling noise; other rows' means differ by all of it
    )
    encoding_leak: float = 0.05  # the same: leak
    histories: int = (
        5_000  # columns times ways to group that are followed; a very wide table gets fewer
    )
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

ARITHMETIC_ROWS = 4_000  # rows, evenly spread, in which an identity is looked for
ARITHMETIC_RANKED_ROWS = (
    100_000  # rows, evenly spread, that say which columns go with the label most
)
ARITHMETIC_ROWS_PER_COLUMN = 20  # rows that each column of a sum asks for
ARITHMETIC_NEARLY = 0.95  # share of the rows in which a column is known that a sum of many may hold
BINS_MOST_BINS = 64  # bins of a number's values
BINS_MOST_WORDS = 250  # more frequent words keep a code each; all others share the last
BINS_EDGE_SAMPLE = 100_000  # rows, evenly spread, that say where bins end
CHANCE_COPIES_RICHEST = 4  # columns with most values, asked whether they agree by chance
CHANCE_COPIES_OTHERS = 6  # columns, at most, in which near misses may differ instead
CLOCK_FITS = 0.5  # share of a column's cells that must be dates; the others are counted and named
CLOCK_SAMPLE = 300  # words, evenly spread, that are tried in each form of a date
CLOCK_COUNTED = (3e14, 5e15)  # µs since 1970 of 1979 and 2128: numbers between them count time
CLOCK_MOST_UNREADABLE = 0.01  # share of times that may be unreadable before the column is no time
CONDITIONAL_MODEL_FOLDS = 3  # folds of the model of the other columns
CONDITIONAL_MODEL_DETERMINED = 0.8  # share of a column's entropy that a copy explains
CYCLES_MOST_VALUES = 400  # a day of the year is the longest cycle that is looked for
DERIVED_VIEWS_UNIQUE = 0.9  # share of distinct values from which a column is an identifier
DERIVED_VIEWS_PARTS = 512  # different parts of words that are kept; more are folded
DESIGN_MOST_CLASSES = 20  # classes of a label that are no amounts
DESIGN_MOST_ASKED = 10  # classes that are asked about, the largest first
DESIGN_FEWEST_OF_CLASS = 20  # rows of a class beyond the four largest: fewer say nothing
DESIGN_TAIL = 0.9  # share of the rows below the upper tail of a number as label
DESIGN_CHUNKS = 100  # parts of the file whose rates say whether it is sorted
DUPLICATE_ROWS_BY_CHANCE = 2.0  # times as many equal rows as chance gives: copies
DUPLICATE_ROWS_UNLIKELY = 0.01  # chance that near copies' outcomes agree so often: below it, copies
DUPLICATE_ROWS_NEIGHBOURS_AGREE = 0.5  # kappa of neighbouring numbers: above it amounts, no copies
DURATION_WORDS_PROBED = 200  # words, evenly spread, that say whether a column holds durations
ENCODINGS_ALIKE = 0.8  # chance of two rows to hold one value: above it neighbours say nothing
EXCLUSIVE_FLAGS_EXPECTED = 20.0  # rows that should hold both flags, from which none is no chance
FILLED_LATER_NEWEST = 0.1  # share of the rows, the newest, that are held against those before
FILLED_LATER_Z = (
    5.0  # standard errors by which more of the newest are blank than of any tenth before
)
FILLED_LATER_GAP = 0.05  # the same as a share of the rows
FITTED_FEWEST = 50  # rows from which a fitted step can be seen
FUTURE_DATES_PLANNED_US = 300_000_000  # five minutes (µs): people plan for full ones
FUTURE_DATES_DELAYS = 20  # different delays, at most, by which a rule sets deadlines
FUTURE_DATES_ROWS = 100_000  # rows, evenly spread, that are looked at
GRADUAL_ALONG = 0.4  # rank correlation with a number among its high and its low values: a cause's
GRADUAL_NEARLY = 0.99  # the same over all rows, from which a column is nearly the label itself
GRADUAL_ROWS = 20_000  # rows, evenly spread, in which both are looked at
HELD_OUT_POWER_PRIOR = 5.0  # rows of average outcome that a code starts with
HELD_OUT_POWER_MOST_TARGETS = 8  # questions about the label, the largest classes, at most
INSIDE_WORDS_SAMPLE = 20_000  # rows, at most, on which a part is looked for; all rows judge it
INSIDE_WORDS_FEWEST = 50  # distinct words from which something inside them can be common
INSIDE_WORDS_TEXT_WORDS = 3.5  # words on average from which a value is a text, not a number or name
INSIDE_WORDS_ONE_SIDED = 0.00135  # chance of 3 standard errors on one side, over all parts
INSIDE_WORDS_MOST = 250  # values of a part that keep a code each; the others share one
INSIDE_WORDS_BETTER = 0.005  # AUC by which a later part must be better than a simpler one
LATER_NAMES_MOST = 5  # questions that names alone raise
LEAK_SETS_MOST = 6  # columns of a set that clear one another: more are a class that is easy to tell
LEAK_SETS_FEW_WORDS = (
    3  # codes (missing and two) from which words are a kind of thing, whose classes may be easy
)
LEAK_SETS_TIED = (
    0.12  # rank correlation among rows of one outcome up to which two share nothing else
)
LIST_EVIDENCE_FOLLOWS = 0.95  # share of neighbouring places at which a column falls, a date stays
LIST_EVIDENCE_UNEVEN = 0.5  # variation coefficient of the falls from which no countdown made them
LIST_EVIDENCE_REPEATS = 20.0  # repeats in a list expected by chance, from which none is evidence
LIST_EVIDENCE_ONE_WAY = 0.8  # share of places at which a column goes one way, or its place names it
LIST_EVIDENCE_NO_REPEATS = 0.02  # share of repeats that may be there: items joined twice
MISSING_FEW_CLASSES = 2  # classes beside which NA is no answer; beside more it may be one
MISSING_FREQUENT = 0.01  # share of rows from which "none" among numbers is an answer
NEAR_COPIES_UNIQUE = 0.9  # share of distinct rows from which a set of columns tells rows apart
NEAR_COPIES_CELL = 0.02  # standard deviations within which numbers of near copies lie
NUMBER_WORDS_MOST_AFFIXES = 8  # different units or codes that a column of amounts may have
NUMBER_WORDS_COMMON_AFFIX = 0.01  # share of the cells that an unknown unit or code must have
ORDER_FEWEST = 50  # rows of each outcome among equal times, from which one or two times suffice
ORDER_DENSE = 0.9  # share of whole numbers that are there, from which they count rows
PAIRS_MOST = 4  # pairs of a target that are looked at closely
PROXIES_MANY_WORDS = 20  # words from which a column names things whose outcomes may persist
READINGS_MOSTLY = 0.5  # share of known cells that must fit; the others are counted and named
READINGS_IDENTIFIES = 0.9  # share of distinct words from which they identify a row
READINGS_SAMPLED = 200  # words that say how a column is to be read
READINGS_SENTENCE = 2  # spaces in a word from which it is a text
REJOINED_ROWS_COLUMNS = 4  # columns from which equality in all but one tells rows apart
REJOINED_ROWS_DRAWN = 100_000  # rows, drawn by what they are equal in, that are looked at
RELATED_COLUMNS_FEWEST = 500  # rows from which a relation is looked at
RELATED_COLUMNS_FEW_VALUES = 20  # values that two columns must share: small numbers are no relation
RELATED_COLUMNS_CONTROLS = 3  # columns, at most, that may say when the outcome came
RELATED_COLUMNS_CONTROL = 0.1  # share of the outcome's time from which a column says it by nature
RELATED_COLUMNS_LEAST_GAP = 0.005  # correlation beyond which two differ at all
REPEATED_EVENTS_FEWEST = 20  # events in several rows from which they are looked at
REPEATED_EVENTS_LEAST_SHARE = 0.005  # share of events in several rows from which they are looked at
REPEATED_EVENTS_ONE_LABEL = 0.98  # share of such events whose rows hold one label
REPEATED_EVENTS_BEYOND = 0.8  # the same as a kappa against neighbouring events of the group
REPEATED_EVENTS_HELD = 0.95  # share of events all of whose rows but one hold their own label
REPEATED_EVENTS_MORE = 0.1  # how much more often than in rows that stand alone
REPEATED_EVENTS_FEW_VALUES = 12  # values above which a column can tell events apart
REPEATED_TEXTS_MOSTLY_OWN = 0.5  # distinct values per row from which a value is the row's own
REPEATED_TEXTS_HEAD_ROWS = 20  # with HEAD_SHARE: a value of more rows than both is a common answer
REPEATED_TEXTS_HEAD_SHARE = 0.01  # a value of more rows than both is a common answer
REPEATED_TEXTS_FORM_SHARE = 0.05  # share of texts from which two neighbouring words are of a form
REPEATED_TEXTS_FEWEST_WORDS = 4  # pairs of neighbouring words by which texts are compared, at least
REPEATED_TEXTS_ALIKE = 0.6  # Jaccard similarity of these pairs: one word of nine changed
REPEATED_TEXTS_TRIES = 16  # minimal hashes by which a similar text is looked for
REPEATED_TEXTS_MOST_ASKED = 5_000  # late rows, evenly spread, whose similar texts are looked for
SHARED_GROUPS_IN_ORDER = 0.95  # chance that the later side's row is later: above it a split by time
SHARED_GROUPS_STRAY_SHARE = 0.001  # share of early rows in the later period from which it is torn
SHARED_GROUPS_STRAY_ROWS = 10  # the same in rows: fewer are strays
SHARED_GROUPS_BEGUN = 0.02  # share of the later side's rows after which its period has begun
SOURCE_FEWEST_ROWS = 50  # rows of a table from which it is audited
SOURCE_SAMPLE = 1000  # rows that say whether DuckDB's guess of a type is the only one
SPLIT_SIDES_MOST_SIDES = 5  # sides held against each other in pairs; of more, each against the rest
SPLIT_SIDES_MOST_FOLDS = 12  # folds, the largest ones, that are looked at
TABLE_FEW_LOST = 0.01  # share of rows without label or time up to which a remark is enough
TABLE_LATE_SHARE = 0.2  # share of the rows, the latest, that are the later side by default
THRESHOLD_NEAREST = 0.05  # share of rows, the nearest to the limit, that must be right as well
THRESHOLD_CLOSE = 0.25  # deviations of the score within which the nearest rows lie
THRESHOLD_RIGHT = 0.95  # share of the nearest rows that must be on the right side
TWO_COLUMNS_MOST = 60  # columns of which every pair is tried
TWO_COLUMNS_FEWEST = 50  # rows in which both columns have to be known
TWO_COLUMNS_KNOWN = 0.8  # share of the rows in which both columns have to be known
TWO_COLUMNS_RIGHT = 0.995  # share of rows that has to agree; others may be rounded
TWO_COLUMNS_FIRST = 40  # rows that are tried first
UPDATED_ROWS = 4_000  # rows, evenly spread, that find the pairs; all rows judge them
WORD_LISTS_MOST_WORDS = 3  # words of a list: outcomes have few names, a longer list is a model
WORD_LISTS_FEWEST_ROWS = 8  # rows that hold a word, at least
WORD_LISTS_SURE = 4.0  # standard errors by which a word's rate differs where it is picked
WORD_LISTS_STRONG = 1.2  # d' (AUC .80) of the list on the other folds: judged further
WORD_LISTS_Z_POWER = 3.0  # standard errors of the list's AUC
WORD_LISTS_PURE = 0.97  # share of a word's rows of one outcome: nearly all of that outcome
WORD_LISTS_COVERED = 0.4  # share of one outcome in such a word: judged further, too
