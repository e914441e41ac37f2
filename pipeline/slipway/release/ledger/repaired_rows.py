"""The rows of a line as they would stand after a repair, put together one after the other. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from slipway.domain.release import Transition, fold
from slipway.domain.stage import Stage
from slipway.release.ledger.check import differing
from slipway.release.ledger.reading import Reader, Reading, read_all
from slipway.release.ledger.rows import LedgerRow, takes_away


@dataclass(slots=True)
class RepairedRows:
    """Rows that follow each other, and in ``words`` how each that is not as it stood came about.

    ``accepted`` are digests of rows that a gap stands before, or that hold a newer writer's words;
    ``aside`` are rows that belong to no place.
    """

    line: str
    rows: list[LedgerRow] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    aside: list[LedgerRow] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The last epoch."""
        return self.rows[-1].epoch if self.rows else 0

    @property
    def past(self) -> tuple[Transition, ...]:
        """What the rows say."""
        return tuple(reading.transition for reading in read_all(self.rows))

    def put_back(self, copied: Sequence[LedgerRow], stands: Sequence[LedgerRow]) -> None:
        """Begin with the rows that were verified."""
        there = {row.epoch: row for row in stands}
        for row in copied:
            found = there.get(row.epoch)
            if found is None:
                self.words.append(f"epoch {row.epoch}: put back as it was verified; it is missing")
            elif found != row:
                names = ", ".join(differing(row, found)) or "body or digest"
                self.words.append(
                    f"epoch {row.epoch}: put back as it was verified ({names} differ)"
                )
        self.rows = list(copied)

    def keep(self, later: Sequence[LedgerRow]) -> None:
        """Go on with rows that stand there and were never verified, as far as they can be read."""
        reader, taken = Reader(), {row.epoch for row in later}
        for row in self.rows:
            reader.read(row)
        for row in later:
            reading = reader.read(row)
            mended, said = _mended(reading, self.last + 1, taken)
            if mended is None or mended.epoch <= self.last:
                self.aside.append(row)
                self.words.append(f"epoch {row.epoch}: set aside, it belongs to no place: {said}")
            else:
                self._follow(mended, said, newer=reading.newer)

    def _follow(self, row: LedgerRow, said: str, newer: Sequence[str] = ()) -> None:
        gap = row.epoch != self.last + 1
        if gap:
            self.words.append(f"epoch {row.epoch}: the gap before it is accepted")
        if newer:
            self.words.append(
                f"epoch {row.epoch}: accepted as far as it is read ({', '.join(newer)})"
            )
        made = row.after(self.rows[-1].digest if self.rows else None)
        if said or made.digest != row.digest:
            self.words.append(
                f"epoch {row.epoch}: {said or 'kept as it stands, with a digest made again'}"
            )
        self.rows.append(made)
        if gap or newer:
            self.accepted.append(str(made.digest))

    def return_again(self, gone: Iterable[LedgerRow], now: datetime) -> None:
        """Take off again what a row took off that has no place any more: no return is lost."""
        for reading in read_all(gone):
            step, state = reading.transition, fold(self.line, self.past)
            on_the_way = {who.version: who for who in (state.candidate, state.waiting) if who}
            version = step.candidate.version
            leads = version == state.champion
            held = bool(state.previous_share) and version == state.previous_champion
            if takes_away(step) and (version in on_the_way or leads or held):
                who = on_the_way.get(version, step.candidate)
                again = replace(
                    step,
                    line=self.line,
                    epoch=self.last + 1,
                    at=now,
                    from_stage=Stage.CHAMPION if leads or held else who.stage,
                    candidate=replace(who, stage=step.to_stage, stage_since=now),
                    champion=state.previous_champion if leads else state.champion,
                    previous_share=0.0 if leads or held else state.previous_share,
                )
                self._follow(
                    LedgerRow.of(again), f"version {version} is returned again: {step.reason}"
                )

    def add(self, lost: Iterable[Transition]) -> None:
        """Add what only the registry knows."""
        for step in lost:
            said = f"version {step.candidate.version} is {step.to_stage}: {step.reason}"
            self._follow(LedgerRow.of(step), said)


def _mended(reading: Reading, expected: int, taken: Iterable[int]) -> tuple[LedgerRow | None, str]:
    """The row with columns and body that agree, and what had to be done; none that has no place."""
    row = reading.row
    if reading.damage:
        whole = replace(reading.transition, epoch=row.epoch)
        return LedgerRow.of(whole), f"its body is written again from its columns ({reading.damage})"
    told = replace(LedgerRow.of_body(json.loads(row.body)), body=row.body, digest=row.digest)
    differ = differing(row, told)
    if not differ:
        return row, ""
    if told.line != row.line or (
        told.epoch != row.epoch and told.epoch not in {expected} - set(taken)
    ):
        return None, f"its body is of {told.line} epoch {told.epoch}"
    return told, f"its columns are put right from its body ({', '.join(differ)})"
