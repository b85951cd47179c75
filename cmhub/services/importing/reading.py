"""Records in batches, and what is rejected of them in a file."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cmhub.services.importing.source import Read, Rejected

BATCH = 1000
HEAVIEST = 24 * 1024 * 1024
"""Characters of a batch; one of long messages has fewer of them."""


def next_batch(reader: Iterator[Read]) -> list[Read]:
    """The next records of a reader; none when it has ended. It takes time: call it by ``cpu()``."""
    batch: list[Read] = []
    weight = 0
    for one in islice(reader, BATCH):
        batch.append(one)
        weight += _weight(one)
        if weight > HEAVIEST:
            break
    return batch


def _weight(one: Read) -> int:
    if isinstance(one, Rejected):
        return len(one.line)
    return sum(len(getattr(event, "text", "")) for event in one.events)


def tell_rejected(path: Path, batch: list[Read]) -> int:
    """Add what is rejected of a batch to the file that tells it, as JSON Lines.

    Each line begins with a brace, so that no program takes it for a formula.

    Returns:
        How many there were.
    """
    rejected = [one for one in batch if isinstance(one, Rejected)]
    if rejected:
        with path.open("a", encoding="utf-8") as file:
            for one in rejected:
                entry = {"line": one.number, "reason": one.reason, "text": one.shown.rstrip("\n")}
                file.write(json.dumps(entry) + "\n")
    return len(rejected)
