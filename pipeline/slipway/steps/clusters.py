"""Show the clusters of a registered version."""

from slipway.domain.cluster import Cluster
from slipway.domain.clusters import ClusterLine
from slipway.steps import context


def clusters_of_version(line: ClusterLine, version: str) -> tuple[Cluster, ...]:
    """The clusters of a version, largest first; raises BadInput where they cannot be loaded."""
    from slipway.training.clusters import folder

    with context.versions(line.name) as fetch:
        found = folder.read(fetch(version), line.name).clusters
    return tuple(sorted(found, key=lambda cluster: (-cluster.posts, cluster.id)))
