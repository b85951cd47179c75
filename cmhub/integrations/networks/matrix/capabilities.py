"""What Matrix can do."""

from cmhub.integrations.networks.base import Capabilities, Capability, Verb

TEXT_BYTES = 48_000
"""An event may have 65,536 bytes as canonical JSON, escapes and envelope included."""

_YES = Capability("yes")

CAPABILITIES: Capabilities = {
    Verb.CONNECT_PASSWORD: _YES,
    Verb.CONNECT_TOKEN: _YES,
    Verb.CHANNELS: _YES,
    Verb.MEMBERS: _YES,
    Verb.HISTORY: _YES,
    Verb.LIVE: _YES,
    Verb.EDITS: _YES,
    Verb.DELETIONS: _YES,
    Verb.REACTIONS: _YES,
    Verb.ENCRYPTED: Capability("no", "network.matrix.encrypted"),
    Verb.REPLY: Capability("yes", limits={"bytes": TEXT_BYTES}),
    Verb.FIND_SENT: _YES,
    Verb.HIDE: Capability("no", "network.matrix.hide"),
    Verb.DELETE: Capability("as", "network.matrix.delete"),
    Verb.WARN: Capability("as", "network.matrix.warn"),
    Verb.MUTE: Capability("as", "network.matrix.mute"),
    Verb.SUSPEND: Capability("no", "network.matrix.suspend"),
    Verb.BAN: _YES,
    Verb.RESTORE: Capability("as", "network.matrix.restore"),
    Verb.STATISTICS: Capability("no", "network.matrix.statistics"),
}
