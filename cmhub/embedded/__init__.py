"""A PostgreSQL of our own, for the host who has not set one up.

The server belongs to a data folder, not to a process. Whoever calls `start` first launches it,
others attach, and the last process to leave stops it: each holds a shared lock, which the system
drops for the killed ones too. When everything was killed, the next `start` recovers it.

There is neither password nor trust: only the operating-system user that the server runs as, and
root, are admitted, over a Unix socket.
"""

from cmhub.embedded.cluster import Cluster as Cluster
from cmhub.embedded.cluster import start as start
from cmhub.embedded.folders import EmbeddedDatabaseError as EmbeddedDatabaseError
