"""JSON from servers we do not trust, read without believing its shape."""

from typing import cast


def as_object(value: object) -> dict[str, object]:
    """Return a JSON object, or an empty one for anything else."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return a JSON list, or an empty one for anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []


def as_objects(value: object) -> list[dict[str, object]]:
    """Return the objects of a JSON list."""
    return [cast("dict[str, object]", entry) for entry in as_list(value) if isinstance(entry, dict)]


def as_text(value: object) -> str:
    """Return a string that every database and browser takes: no NUL, no half characters."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def as_number(value: object, default: int) -> int:
    """Return a whole number; old rooms write some of them as strings."""
    if isinstance(value, bool):
        return default
    if isinstance(value, int | float):
        return int(value) if abs(value) < 2**63 else default
    if isinstance(value, str) and len(value) < 20 and value.strip().lstrip("+-").isdecimal():
        return int(value)
    return default
