"""Matrix by its client-server API, version 3, without a library in between.

Every write is safe to repeat with the same key: messages and redactions carry the key as their
transaction id, and mute and ban set a state that is the same the second time. So no method raises
``OutcomeUnknown``: a time-out after the request was sent is a ``Retry``.
"""

from cmhub.integrations.networks.base import Capabilities
from cmhub.integrations.networks.matrix.capabilities import CAPABILITIES
from cmhub.integrations.networks.matrix.moderating import Moderating
from cmhub.integrations.networks.matrix.rooms import Rooms
from cmhub.integrations.networks.matrix.signin import SignIn
from cmhub.integrations.networks.matrix.writing import Writing


class Matrix(SignIn, Rooms, Writing, Moderating):
    """The network *Matrix*."""

    name = "matrix"
    capabilities: Capabilities = CAPABILITIES
