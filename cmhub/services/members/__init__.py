"""Members: the directory, one member's page, and two who are one person."""
