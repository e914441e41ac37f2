"""``slipway schema``: the form of what each command prints with ``--json``, as JSON Schema (2020-12).

Keys that are listed are always there; a newer Slipway may add others, so readers leave out what they do
not know.
"""

from typing import Annotated, Any

import typer

from slipway.cli.app import app, out, print_json
from slipway.domain.errors import UnknownReference

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
ITSELF = "slipway"
"""How the command line without a command is named here."""

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
TIME: Schema = {"type": "string", "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
ANY: Schema = {}


def table(**keys: Schema) -> Schema:
    """An object with these keys at least."""
    return {"type": "object", "properties": keys, "required": sorted(keys)}


def rows(of: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": of}


def maybe(of: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [of, {"type": "null"}]}


def words(*allowed: str) -> Schema:
    """One of these."""
    return {"enum": list(allowed)}


CONCLUSION = words("PASS", "UNDECIDED", "FAIL")
CANDIDATE = table(
    version=TEXT,
    author=TEXT,
    origin=TEXT,
    stage=TEXT,
    stage_since=TIME,
    interval_end=TIME,
    fingerprint=TEXT,
    live_since=maybe(TIME),
    evidence_digest=maybe(TEXT),
)
VERDICT = table(gate=TEXT, conclusion=CONCLUSION, reason=TEXT, evidence=rows(table(name=TEXT)))
TRANSITION = table(
    line=TEXT, epoch=COUNT, at=TIME, actor=TEXT, from_stage=maybe(TEXT), to_stage=TEXT, share=SHARE,
    reason=TEXT, candidate=CANDIDATE, champion=maybe(TEXT), verdicts=rows(VERDICT),
)  # fmt: skip
NEED = table(
    line=TEXT, kind=TEXT, who=TEXT, words=TEXT, next_step=TEXT, since=maybe(TIME), version=TEXT
)
EXPIRED = table(line=TEXT, kind=TEXT, at=TIME, bytes=COUNT, paths=rows(TEXT))
DELETED = table(line=TEXT, deleted=ANY, drafts=COUNT, erasures=COUNT)

SCHEMAS: dict[str, Schema] = {
    ITSELF: table(
        home=TEXT,
        stack=table(state=words("none", "down", "up", "elsewhere")),
        lines=rows(table(line=TEXT, stands=TEXT, log_since=maybe(TEXT))),
        event_time=maybe(TEXT),
        needs=rows(NEED),
        next_step=TEXT,
    ),
    "approve": table(line=TEXT, version=TEXT, by=TEXT, decision=words("approve", "reject")),
    "approve-url": table(url=TEXT, version=TEXT, digest=TEXT, gesture=TEXT),
    "audit": table(table=TEXT, label=TEXT, findings=rows(ANY)),
    "clusters": rows(table(id=COUNT, name=TEXT, posts=COUNT, born=TEXT)),
    "compile": table(
        format=ANY, name=TEXT, kind=TEXT, has_traffic=FLAG, cron=TEXT, zone=TEXT, content=ANY, code=ANY
    ),
    "consistency": table(
        line=TEXT, start=TIME, end=TIME, rows=COUNT, holds=FLAG, unknown_items=COUNT, file=TEXT,
        columns=rows(table(column=TEXT, rows=COUNT, mismatch=COUNT, missing=COUNT, extra=COUNT)),
    ),
    "down": table(home=TEXT, stopped=COUNT),
    "drift": table(
        every=TEXT, rows=COUNT, without_time=COUNT, outside=COUNT, columns={"type": "object"},
        gaps=rows(table(period=TEXT, slot=COUNT, rows=COUNT, usual=NUMBER)),
        drift=table(notes=rows(ANY), periods=rows(TEXT), unseen=rows(TEXT), not_known=rows(TEXT)),
    ),
    "drill": rows(
        table(
            line=TEXT, at=TIME, actor=TEXT, version=TEXT, leads=TEXT, epoch=COUNT, seconds=NUMBER,
            within_s=NUMBER, workers=COUNT, passed=FLAG, troubles=rows(TEXT),
            ways=rows(table(name=TEXT, rehearsed=TEXT, seconds=maybe(NUMBER), trouble=TEXT)),
        )
    ),
    "erasures": rows(
        table(subject=TEXT, at=TEXT, by=TEXT, reason=TEXT, ended=FLAG, changes=rows(ANY))
    ),
    "expectations": table(line=TEXT, written=rows(TEXT), differences=rows(TEXT)),
    "forget": rows(table(subject=TEXT, rows=ANY, late=COUNT)),
    "history": rows(TRANSITION),
    "import-entity": table(line=TEXT, entity=TEXT, rows=COUNT, columns=rows(TEXT)),
    "import-posts": table(line=TEXT, posts=COUNT),
    "knobs": rows(
        table(table=TEXT, knob=TEXT, default=TEXT, unit=TEXT, range=TEXT, meaning=TEXT)
    ),
    "ledger migrate": table(before=maybe(TEXT), after=TEXT),
    "ledger repair": table(
        line=TEXT, faults=rows(TEXT), steps=rows(TEXT), file=maybe(TEXT), applied=FLAG
    ),
    "ledger verify": rows(table(line=TEXT, kind=TEXT, what=TEXT, epoch=maybe(COUNT))),
    "new": table(line=TEXT, kind=TEXT, folder=TEXT, files=rows(TEXT)),
    "plan": rows(
        table(
            line=TEXT, before=maybe(TEXT), after=maybe(TEXT), effects=rows(TEXT), stages=rows(TEXT),
            changes=rows(table(place=TEXT, before=ANY, after=ANY, effect=TEXT)),
            under_way=maybe(TEXT),
        )
    ),
    "policy": {"type": "object"},
    "readiness": table(
        line=TEXT, at=TIME, final=NUMBER, sections=ANY,
        items=rows(
            table(id=TEXT, section=TEXT, words=TEXT, points={"enum": [0, 0.5, 1]}, evidence=TEXT)
        ),
    ),
    "reopen": TRANSITION,
    "retention": rows({"anyOf": [EXPIRED, DELETED]}),
    "reviewer-key": table(private=TEXT, public=TEXT),
    "rollback": maybe(TRANSITION),
    "simulate": table(
        line=TEXT, weeks=COUNT, seed=COUNT, fitted={"type": "object"}, learners={"type": "object"}
    ),
    "status": rows(
        table(
            line=TEXT, epoch=COUNT, champion=maybe(TEXT), champion_since=maybe(TIME),
            previous_champion=maybe(TEXT), previous_share=SHARE, candidate=maybe(CANDIDATE),
            waiting=maybe(CANDIDATE), ledger_faults=rows(TEXT),
        )
    ),
    "withdraw": table(line=TEXT, version=TEXT, by=TEXT, withdrawn=FLAG),
    "watch": table(line=TEXT, drift=maybe(table(notes=rows(ANY), periods=rows(TEXT)))),
}  # fmt: skip


def schema_of(command: str) -> Schema:
    """The schema of a command's JSON; raises UnknownReference for one that prints none."""
    if command not in SCHEMAS:
        raise UnknownReference(
            "command with --json",
            found=command,
            expected=f"one of {', '.join(SCHEMAS)}",
            next_step="name one of them",
        )
    return {"$schema": DRAFT, "title": f"{command} --json", **SCHEMAS[command]}


@app.command()
def schema(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]", help="All are named if left out.")
    ] = None,
) -> None:
    """The form of what a command prints with --json, as JSON Schema."""
    if not command:
        out.print("\n".join(SCHEMAS))
        return
    print_json(schema_of(" ".join(command)))
