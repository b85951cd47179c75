"""What agencies can subscribe to: prices and limits, as data in one place.

``lookup_key`` is the name that a price has in Stripe. Amounts are cents of euros without tax.
"""

from dataclasses import dataclass
from typing import Literal

Interval = Literal["month", "year"]
TRIAL_DAYS = 14
SEAT_CENTS = 1_200
"""For each seat more than the plan has, a month."""
BLOCK_MESSAGES = 10_000
BLOCK_CENTS = 200
"""For each block of messages more than the plan has, a month."""
MONTHS_PAID_A_YEAR = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: how much it holds, and what a month of it costs."""

    key: str
    monthly_cents: int
    workspaces: int
    seats: int
    messages: int

    @property
    def yearly_cents(self) -> int:
        """What twelve months cost when they are paid at once."""
        return self.monthly_cents * MONTHS_PAID_A_YEAR

    def lookup_key(self, interval: Interval) -> str:
        """The name of the price in Stripe."""
        return f"{self.key}_{interval}"


PLANS = (
    Plan("studio", 7_900, workspaces=3, seats=5, messages=50_000),
    Plan("agency", 22_900, workspaces=10, seats=15, messages=250_000),
    Plan("network", 59_000, workspaces=30, seats=50, messages=1_000_000),
)
