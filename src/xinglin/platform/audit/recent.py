"""What this process has put on record a moment ago, so that a page that renews itself is not recorded each time."""

import time
from collections.abc import Hashable, Iterable


class Recent:
    """Remembers items by key for some seconds, at most `most` of them. Forgetting costs an entry too many, never one
    too few."""

    def __init__(self, seconds: float, most: int = 200_000) -> None:
        self._seconds, self._most = seconds, most
        self._held: dict[tuple[Hashable, str], float] = {}

    def fresh(self, key: Hashable, items: Iterable[str]) -> set[str]:
        """Those of `items` that were not remembered under `key`; from now on they are."""
        now = time.monotonic()
        if len(self._held) > self._most:
            self._held.clear()
        found = {item for item in items if now - self._held.get((key, item), -self._seconds) >= self._seconds}
        self._held.update(((key, item), now) for item in found)
        return found
