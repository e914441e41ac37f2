"""A release of a few steps."""

import ledger_kit
import pytest
from slipway.domain.stage import Stage


@pytest.fixture
def steps():
    """Four steps of one release, from the offer to 5 % of users."""
    return ledger_kit.steps()


@pytest.fixture
def offered(steps):
    """The first step, with a verdict."""
    return steps[0]


@pytest.fixture
def returned(steps):
    """The step that takes the candidate of ``steps`` off."""
    return ledger_kit.after(steps, Stage.RETURNED)
