"""What is found of every line for those who ask what waits for them: command line, board and page."""

import time
from contextlib import suppress

from slipway import lines
from slipway.domain.errors import SlipwayError
from slipway.domain.release import LineState
from slipway.lines import store
from slipway.registry.reader import RegistryReader
from slipway.registry.rest import RetryPolicy
from slipway.release.needs import LineFacts
from slipway.settings import settings
from slipway.steps import blind_spots, context, drill, ledger_check

PATIENCE_S = 2.0
"""Wall seconds that a page waits for the router, and for the registry."""


def of_all(*, since: float | None) -> list[LineFacts]:
    """Of every line that anybody wants here, and of each table of the policy file that is of no line.

    With ``since`` (POSIX seconds: when this process began to miss looks) router and registry are asked as
    well; without it a stack that is down is not held against its lines.
    """
    of = settings()
    found = [of_line(name, since=since) for name in lines.wanted_names(of.home)]
    strangers = lines.policy_faults(of.policy_file)
    return [*found, *(LineFacts(name, faults=(fault,)) for name, fault in strangers.items())]


def of_line(name: str, *, since: float | None) -> LineFacts:
    """Of one line; it is not loaded, so that a broken package is a fact and no error."""
    declared, used = lines.all_names(), name in store.names(settings().home)
    faults = _faults(name) if name in declared else ()
    state, ledger_faults = _state(name)
    unseen: tuple[str, ...] = ()
    if since is not None and used and state is not None:
        unseen = unseen_of(name, state, since)
    return LineFacts(
        line=name,
        state=state,
        faults=faults,
        ledger_faults=ledger_faults,
        unseen=unseen,
        unplanned=not used and not faults and name not in lines.bundled_names(),
        drill_due=_drill_due(name) if used and state is not None and state.candidate else "",
    )


def _drill_due(name: str) -> str:
    """Why a drill has to come before the candidate can be promoted; "" where it need not."""
    with suppress(SlipwayError):  # whatever keeps the policy from being read is a fault of its own
        return drill.due(name, context.judged(name)[0].policy, context.now())
    return ""


def _faults(name: str) -> tuple[str, ...]:
    """What is wrong with a declaration, or with the definition in use, as far as no code is run."""
    fault = lines.declaration_of(name).fault
    try:
        store.in_use(settings().home, name)
    except SlipwayError as error:
        return tuple(filter(None, (fault, str(error))))
    return (fault,) if fault else ()


def _state(name: str) -> tuple[LineState | None, tuple[str, ...]]:
    try:
        return context.ledger().state(name), tuple(ledger_check.on_board(name))
    except SlipwayError as error:
        return None, (str(error),)


def unseen_of(line: str, state: LineState, since: float) -> tuple[str, ...]:
    """What cannot be seen of a line, by the router's own page and by the last look, asked just now."""
    found: list[str] = []
    with suppress(SlipwayError):  # a line that cannot be loaded is a fault of its own
        if lines.declared(line).has_traffic:
            blind_spots.router_health_of(line, found, timeout_s=PATIENCE_S)
            found += blind_spots.log_faults_when_watched(line)
    if state.candidate is not None:
        late = _late_look(line, state.candidate.version, since)
        found += [late] if late else []
    return tuple(dict.fromkeys(found))


def _late_look(line: str, version: str, since: float) -> str:
    of = settings()
    reader = RegistryReader(
        of.mlflow_url, of.mlflow_user, of.mlflow_password, retry=RetryPolicy(PATIENCE_S, 1)
    )
    try:
        look = reader.last_look(line)
    except SlipwayError as error:
        return f"the last look is not known: {error}"
    finally:
        reader.close()
    return blind_spots.unlooked(line, version, look, wall=time.time(), since=since)
