"""Background work: each kind of job is one call of a service."""
