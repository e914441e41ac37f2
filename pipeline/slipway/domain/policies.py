"""Any policy that a release is judged by: of lines that answer requests, and of topics."""

from typing import TypeAlias

from slipway.domain.clusters import ClusterPolicy
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.policy import Policy

ReleasePolicy: TypeAlias = Policy | ClusterPolicy
"""By whose numbers a release goes from stage to stage."""

JudgedBy: TypeAlias = ReleasePolicy | LoopPolicy
"""By whose numbers any gate may judge."""
