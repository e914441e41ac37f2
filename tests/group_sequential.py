"""Group-sequential bounds (Lan and DeMets 1983): a reference that the e-processes are held against.

The law of the score at equally spaced looks, one unit of variance each, is carried from look to
look on a grid, without what crossed (Armitage, McPherson and Rowe 1969). No release uses it.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

GRID = 1201
WIDEST = 8.0


class Walk:
    """The score that has not crossed so far; :meth:`step` to the next look, :meth:`cut` at a bound."""

    def __init__(self):
        self.look, self.at, self.density = 0, None, None

    def step(self):
        """One more look's worth of data."""
        self.look += 1
        wide = np.linspace(-1, 1, GRID) * WIDEST * np.sqrt(self.look)
        if self.at is None:
            self.density = norm.pdf(wide)
        else:
            step = np.exp(-((wide[:, None] - self.at) ** 2) / 2) / np.sqrt(2 * np.pi)
            self.density = step @ self.density * (self.at[1] - self.at[0])
        self.at = wide

    def beyond(self, bound):
        """P(not crossed before, |z| >= bound now)."""
        edge, wide = bound * np.sqrt(self.look), self.at[1] - self.at[0]
        part = np.clip((np.abs(self.at) - edge) / wide + 0.5, 0, 1)  # share of each grid cell
        return float((self.density * part).sum() * wide)

    def cut(self, bound):
        """Leave out what crossed."""
        edge, wide = bound * np.sqrt(self.look), self.at[1] - self.at[0]
        self.density = self.density * np.clip((edge - np.abs(self.at)) / wide + 0.5, 0, 1)


def crossing(bounds):
    """P(|z| first exceeds its bound at look k) at no effect, for each of equally spaced looks."""
    walk, found = Walk(), []
    for bound in bounds:
        walk.step()
        found.append(walk.beyond(bound))
        walk.cut(bound)
    return found


def lan_demets_obrien_fleming(looks, alpha=0.05):
    """Bounds on |z|, each side spending alpha / 2 as 2 - 2 Phi(z_{alpha / 4} / sqrt(time))."""
    walk, bounds, spent = Walk(), [], 0.0
    for look in range(1, looks + 1):
        total = 4 - 4 * norm.cdf(norm.ppf(1 - alpha / 4) / np.sqrt(look / looks))
        walk.step()
        extra = total - spent
        bounds.append(brentq(lambda b: np.log(walk.beyond(b) / extra), 0.5, 7.0))  # noqa: B023
        walk.cut(bounds[-1])
        spent = total
    return bounds
