"""CMHub: one place for the whole work of an agency's community managers."""

__version__ = "0.1.0"
