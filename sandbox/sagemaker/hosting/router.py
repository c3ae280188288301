"""Which fleets of an endpoint receive its traffic: swapping one for another is what makes an update invisible to clients."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

from ..store import Fleet, Instance


@dataclass
class WeightedRouter:
    """Sends each request to one of an endpoint's fleets, at random by their weights."""

    _routes: list[tuple[Fleet, float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send_to(self, *routes: tuple[Fleet, float]) -> None:
        """Replace the fleets and their weights; requests in flight stay where they are."""
        with self._lock:
            self._routes = list(routes)

    def fleets(self) -> list[Fleet]:
        """The fleets that receive traffic."""
        with self._lock:
            return [fleet for fleet, _ in self._routes]

    def acquire(self, variant: str | None) -> Instance:
        """An instance for one request, held until it is released: its fleet cannot stop in between.

        Raises:
            LookupError: no fleet receives traffic, or it has no instance of the variant.
        """
        with self._lock:
            if not self._routes:
                raise LookupError("no fleet")
            fleets, weights = [fleet for fleet, _ in self._routes], [weight for _, weight in self._routes]
            fleet = fleets[0] if len(fleets) == 1 else random.choices(fleets, weights)[0]  # noqa: S311 - traffic shares, no secret
            return fleet.acquire(variant)
