"""What stands for people and dates in one project: the same for the same, and not to be undone without the key."""

import re
from datetime import date, timedelta

from xinglin.platform.crypto import Suite

LONGEST = 365
"""Days at most by which a patient's dates are shifted, into the past."""

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


class Pseudonyms:
    """Pseudonyms and shifts by one secret of 32 bytes; those by another are unlike in every respect."""

    def __init__(self, secret: bytes, suite: Suite) -> None:
        self._key, self._suite = suite.derived(secret, "pseudonyms"), suite

    def id(self, type: str, id: str) -> str:
        """The id by which a resource is known in the project: 32 hexadecimal digits."""
        return self._mac(f"id {type}/{id}")[:16].hex()

    def shift(self, patient: str) -> timedelta:
        """By how much a patient's dates are shifted, from 1 to `LONGEST` days; the same for all of them, so that times
        between them stay."""
        number = int.from_bytes(self._mac(f"days Patient/{patient}")[:8])
        return timedelta(days=1 + number % LONGEST)

    def _mac(self, text: str) -> bytes:
        return self._suite.mac(self._key, text.encode())


def shifted(text: str, by: timedelta) -> str | None:
    """A date, dateTime or instant, earlier by some days, as exact as it was; None for what is no such date."""
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        moved = (date(int(year), int(month or 7), int(day or 15 if month else 1)) - by).isoformat()
    except (ValueError, OverflowError):
        return None
    return moved[: found.end()] + text[found.end() :]
