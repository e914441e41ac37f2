"""What an audit had no rows or no time to look for: said, so that clear means clear."""

from slipway.audit import arithmetic
from slipway.audit.proxies import Proxies
from slipway.audit.table import Prepared


def not_looked_for(table: Prepared, proxies: Proxies, model_rows: int) -> tuple[str, ...]:
    """One sentence each; ``model_rows`` are those that the reference model reads."""
    knobs, found = proxies.knobs, []
    numbers = [n for n in table.values if n in table.coded]
    if model_rows < knobs.pair_rows and len(numbers) > 1:
        found.append(
            f"pairs of columns that predict the label only together were not weighed against the others: that"
            f" takes {knobs.pair_rows:,} rows, there are {model_rows:,}; exact differences, sums, products"
            " and ratios of two were tried"
        )
    asked, able = len(arithmetic.candidates(table)), arithmetic.affordable(table, knobs)
    if asked > able:
        found.append(
            f"sums of three and more columns that give the label were looked for among {able:,} of {asked:,}"
            " columns, those that go with it most"
        )
    if len(table.coded) > knobs.model_columns:
        found.append(
            f"only the {knobs.model_columns:,} strongest of {len(table.coded):,} columns were asked what they"
            " explain of the others"
        )
    if left := proxies.unjudged():
        names = ", ".join(left[:SHOWN])
        found.append(f"strong, and not weighed against the others for want of time: {names}")
    return tuple(found)


SHOWN = 12
