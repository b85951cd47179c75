"""How many events one session or one tab may send: token buckets in the memory of the process."""

from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic

_MOST_KEPT = 20_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


class EventLimit:
    """Allow ``burst`` events at once and ``rate`` a second after that, for each key."""

    def __init__(self, burst: int, rate: float) -> None:
        self._burst = burst
        self._rate = rate
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str) -> bool:
        """Take one token; say whether there was one."""
        now = monotonic()
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_KEPT:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled) * self._rate)
        bucket.filled = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
