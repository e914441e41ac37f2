"""Many simulated releases under way together, judged by the real gates and the real machine.

Calling every gate at every look would take days, so the evidence of all releases is followed block
by block with the functions of :mod:`slipway.stats`, and the gates are asked only at looks at which
one of them could conclude something new (:mod:`benchmarks.decisions.alert`). What happens is what
gates and machine say. Users, for clustering and sample ratio, are counted once an hour.
"""

from typing import NamedTuple

import numpy as np
from slipway.domain.blocks import StageUsers
from slipway.domain.policy import Policy
from slipway.domain.stage import CANARY_STAGES, Stage

from .alert import Alert
from .crowd import JOINING, Bools, Crowd, Day, Ints
from .release_log import MaturedBlocks, ReleaseLog
from .scene import DAY_S, HOUR_S, Floats, Words
from .simulated_release import Seen, SimulatedRelease
from .visitors import Visitors, hours_of

STEPS = (*CANARY_STAGES, Stage.APPROVAL)


class Outcomes(NamedTuple):
    """How R releases ended, and what they cost until then.

    ``ending`` str[R] (``champion``, ``returned``, ``timed_out``), ``stage`` str[R] the last one
    with users, ``cause`` str[R] the gates that failed, ``days`` float64[R]; ``exposures``
    float64[R] candidate impressions; ``nats`` float64[R] what they could tell at best, the finite
    control counted in; ``design_effect`` float64[R]; ``looks`` int64[R] looks at which gates were asked.
    """

    ending: Words
    stage: Words
    cause: Words
    days: Floats
    exposures: Floats
    nats: Floats
    design_effect: Floats
    looks: Ints


class Fleet:
    """R releases of one scene under one policy.

    ``always`` asks the gates at every look, as production does: slow, and equal by test.
    """

    def __init__(self, crowd: Crowd, policy: Policy, *, always: bool = False) -> None:
        scene, size = crowd.scene, crowd.size
        self.crowd, self.policy, self.scene, self.always = crowd, policy, scene, always
        self.voyages = [SimulatedRelease(policy, int(at)) for at in crowd.monday_s]
        self.log = ReleaseLog(scene, policy, crowd.monday_s, seed=crowd.seed)
        self.visitors = Visitors(scene, policy, crowd.monday_s, seed=crowd.seed)
        self.alert = Alert(scene, policy, size)
        self.stage, self.entered = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self.alive, self.ended = np.ones(size, bool), np.zeros(size, np.int64)
        self.looks, self.nats = np.zeros(size, np.int64), np.zeros(size)

    def sail(self) -> Outcomes:
        """Follow every release to its end."""
        number = 0
        while self.alive.any():
            self.day(self.crowd.day(number, np.flatnonzero(self.alive)), number)
            number += 1
        return self.outcomes()

    def day(self, day: Day, number: int) -> None:
        """All looks of one more day."""
        hour = max(1, self.scene.blocks_per_day // 24)
        for begin in range(0, self.scene.blocks_per_day, hour):
            first = number * self.scene.blocks_per_day + begin
            rows = np.flatnonzero(self.alive)
            self.visitors.hour(rows, self.stage[rows], hours_of(self.scene, first))
            self._hour(day, slice(begin, begin + hour), first)

    def outcomes(self) -> Outcomes:
        """How all releases ended; those still under way stand where they are."""
        return Outcomes(
            ending=np.array([v.candidate.stage.value for v in self.voyages]),
            stage=np.array([STEPS[k].value for k in self.stage]),
            cause=np.array([v.stopped_by for v in self.voyages]),
            days=self.ended * self.scene.block_s / DAY_S,
            exposures=self.log.exposures(self.ended).astype(np.float64),
            nats=self.nats,
            design_effect=self.visitors.design_effect,
            looks=self.looks,
        )

    def _hour(self, day: Day, part: slice, first: int) -> None:
        """Looks of one hour: again for releases whose stage changed within it."""
        places = np.arange(part.stop - part.start)
        rows = np.flatnonzero(self.alive)
        since = np.zeros(len(rows), np.int64)
        while len(rows):
            new, stage = places >= since[:, None], self.stage[rows]
            self.log.write(day, part, first, rows=rows, stage=stage, new=new)
            seen = self.log.evidence(rows, first, new)
            called = self._called(seen, rows, first + 1 + places) & new
            hit = called.any(axis=1)
            upto = np.where(hit, called.argmax(axis=1), places[-1])
            taken = new & (places <= upto[:, None])
            self.alert.take(seen, rows, taken, stage, self.visitors.design_effect[rows])
            self._spend(day, part, rows, taken)
            for row, at in zip(rows[hit], upto[hit], strict=True):
                self._look(int(row), first + int(at))
            again = hit & self.alive[rows] & (upto < places[-1])
            rows, since = rows[again], (upto + 1)[again]

    def _called(self, seen: MaturedBlocks, rows: Ints, after: Ints) -> Bools:
        """bool[n, C]: at which of the looks ``after`` so many blocks [C] the gates are asked."""
        block_h = self.scene.block_s / HOUR_S
        if self.always:
            return np.ones((len(rows), len(after)), bool)
        hours: Floats = (after - self.entered[rows, None]) * np.float64(block_h)
        called = self.alert.called(
            seen, rows, self.stage[rows], hours, self.visitors.design_effect[rows]
        )
        called |= after * block_h >= self.policy.timeout_days * 24
        called[:, 0] |= self.visitors.suspect[rows]
        return called

    def _spend(self, day: Day, part: slice, rows: Ints, taken: Bools) -> None:
        share = np.minimum(self.stage[rows], JOINING - 1)
        candidate, control = day.candidate[0][share, rows, part], day.control[0][share, rows, part]
        useful = candidate * control / np.maximum(1, candidate + control)
        self.nats[rows] += (useful * day.nats[rows, part] * taken).sum(axis=1)

    def _look(self, row: int, block: int) -> None:
        """Ask the real gates about one release at the end of a block."""
        voyage = self.voyages[row]
        before = voyage.candidate.stage
        self.looks[row] += 1
        voyage.look(self._seen(row, block), (block + 1) * self.scene.block_s)
        after = voyage.candidate.stage
        if after is before:
            return
        if after in STEPS:
            self.stage[row], self.entered[row] = STEPS.index(after), block + 1
            self.log.enter(row, int(self.stage[row]), block + 1)
            self.alert.enter(row)
        else:
            self.alive[row], self.ended[row] = False, block + 1

    def _seen(self, row: int, block: int) -> Seen:
        blocks, stages, parts = self.log.shown(row, block - self.scene.wait_blocks)
        names, visitors = np.array([stage.value for stage in STEPS]), self.visitors
        return Seen(
            blocks,
            names[stages],
            block_s=self.scene.block_s,
            users=visitors.sums_over_users(row),
            arrivals=tuple(
                StageUsers(STEPS[place], visitors.expected(place), users)
                for place, users in visitors.arrived(row, int(self.stage[row]))
            ),
            parts=parts,
        )
