"""Values on their way into the database."""

import json
from collections.abc import Mapping


def dump(extra: Mapping[str, object]) -> str | None:
    """Unknown fields as JSON; nothing when there are none."""
    if not extra:
        return None
    return json.dumps(dict(extra), ensure_ascii=True, default=str).replace("\\u0000", "")
