"""The networks CMHub speaks with, by name."""

from collections.abc import Mapping

from cmhub.integrations.networks.base import Network
from cmhub.integrations.networks.matrix import Matrix
from cmhub.integrations.networks.simulated import SIMULATED

_NETWORKS: Mapping[str, Network] = {network.name: network for network in (Matrix(),)}


def network(name: str) -> Network:
    """Return the network of the name, be it only simulated.

    Raises:
        KeyError: CMHub does not know it.
    """
    return _NETWORKS[name] if name in _NETWORKS else SIMULATED[name]


def network_names() -> tuple[str, ...]:
    """Return the names of the networks that users may connect, in the order of the screens."""
    return tuple(_NETWORKS)


def simulated_names() -> tuple[str, ...]:
    """Return the names of the networks that only the demo plays; nobody is offered them."""
    return tuple(SIMULATED)
