"""The outside world: a folder for each kind of service, behind one protocol each."""
