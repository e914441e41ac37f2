"""Keeps what one worker serves of a line current: state, orders, features and catalogue."""

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.data import catalog, feature_files, feature_table
from slipway.data.groups import has_tables
from slipway.data.sent_features import SentFeatures
from slipway.domain.errors import BadInput
from slipway.registry.state import ReleaseState
from slipway.serving.order_reader import OrderReader
from slipway.serving.rank import LineServer
from slipway.serving.served import Loader
from slipway.serving.state import RETRY_S, Known, StateFile

log = logging.getLogger("uvicorn.error")


@dataclass
class LineKeeper:
    """Keeps one line's server current with the files of this machine."""

    home: Path
    server: LineServer
    file: StateFile
    loader: Loader
    orders: OrderReader
    heard: ReleaseState | None = None  # from the registry, whether or not it could be kept
    feature_stamp: object = None
    _known: Known | None = None
    _stamp: object = None
    _retry_at: float = 0.0

    def refresh_state(self) -> None:
        """Take over a new release state, and whatever was ordered off since."""
        stamp = self.file.stamp(), self.orders.stamp(), self.heard
        if stamp == self._stamp and not 0 < self._retry_at < time.monotonic():
            return
        known, before = self._known_now(), self.server.served
        served = self.server.served = self.loader.serve(known)
        self._stamp = stamp
        self._retry_at = time.monotonic() + RETRY_S if served.unsteady else 0.0
        for of, why in served.problems.items():
            if before is None or before.problems.get(of) != why:
                log.warning("%s: %s: %s", served.release.line, of, why)

    def _known_now(self) -> Known:
        """The state kept on this machine, the last one understood, or the rules; less what is off."""
        problems: dict[str, str] = {}
        try:
            self._known = self.file.read()
        except BadInput as error:
            problems[error.what] = str(error)
        known = self._known or Known(ReleaseState(self.server.line.name))
        off, troubles = self.orders.off(known.release.epoch)
        if self.heard is not None and self.heard.epoch >= known.release.epoch:
            off |= known.release.versions - self.heard.versions
        return replace(
            known,
            release=known.release.without(off),
            problems={**known.problems, **problems, **troubles},
        )

    @property
    def known(self) -> Known:
        """What is served now, with the digests of what was fetched."""
        assert self.server.served is not None
        known = self._known or Known(self.server.served.release)
        return replace(known, release=self.server.served.release)

    def refresh_features(self) -> None:
        """Take over a new feature table or catalogue; raises as they do."""
        server, line = self.server, self.server.line
        if not has_tables(line):
            server.features = server.features or SentFeatures(line)
            return
        now = server.clock.at(time.time())
        paths = [catalog.path_of(self.home, line, entity.name) for entity in line.entities]
        written = [path.stat().st_mtime_ns if path.exists() else None for path in paths]
        latest = feature_files.latest(self.home, line, now)
        changed = feature_files.stamp(self.home, line, latest) if latest else None
        newest = (latest, changed, *written)
        if None not in newest and newest != self.feature_stamp:
            server.features = feature_table.load(self.home, line, latest)
            self.feature_stamp = newest
