"""One State per page and the gate in front of all of them: events become service calls."""
