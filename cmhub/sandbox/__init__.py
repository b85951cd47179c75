"""Local stand-ins of outside services, for the demo and for tests."""
