"""Home: what happened, what burns, what is due, what moved; for a workspace and an agency."""
