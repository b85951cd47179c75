"""Values on their way into the database."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import cast


def dump(extra: Mapping[str, object]) -> str | None:
    """Unknown fields as JSON; nothing when there are none."""
    if not extra:
        return None
    return json.dumps(_storable(extra), ensure_ascii=True, default=str)


def _storable(value: object) -> object:
    """The value without what JSON or PostgreSQL do not know: NUL, half characters, infinity."""
    match value:
        case str():
            return clean(value)
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            entries = cast("Mapping[object, object]", value).items()
            return {clean(str(key)): _storable(inner) for key, inner in entries}
        case list() | tuple():
            return [_storable(inner) for inner in cast("Sequence[object]", value)]
        case _:
            return value


def clean(value: str) -> str:
    """The text as PostgreSQL can store it: without NUL characters and lone surrogates."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
