"""A small Matrix homeserver: a stand-in, strict where the real one is."""

from cmhub.sandbox.homeserver.api import BASE as BASE
from cmhub.sandbox.homeserver.api import routes as routes
from cmhub.sandbox.homeserver.journal import Journal as Journal
from cmhub.sandbox.homeserver.rooms import Event as Event
from cmhub.sandbox.homeserver.rooms import Room as Room
from cmhub.sandbox.homeserver.server import NAME as NAME
from cmhub.sandbox.homeserver.server import Homeserver as Homeserver
from cmhub.sandbox.homeserver.server import homeserver as homeserver
from cmhub.sandbox.homeserver.server import journal_path as journal_path
