"""The networks CMHub speaks with, by name."""

from collections.abc import Mapping

from cmhub.integrations.networks.base import Network
from cmhub.integrations.networks.matrix import Matrix

_NETWORKS: Mapping[str, Network] = {network.name: network for network in (Matrix(),)}


def network(name: str) -> Network:
    """Return the network of the name.

    Raises:
        KeyError: CMHub does not know it.
    """
    return _NETWORKS[name]


def network_names() -> tuple[str, ...]:
    """Return the names of all networks, in the order of the screens."""
    return tuple(_NETWORKS)
