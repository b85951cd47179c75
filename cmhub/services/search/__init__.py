"""Search over the messages of a workspace."""
