"""Codes come again and again, and each is found by the same terms: those are made once."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from itertools import count

import orjson

from xinglin.fhir.search.found_by import Add, Terms
from xinglin.fhir.types import Json

REPEATED = frozenset({"CodeableConcept", "Coding", "code"})
"""Types whose values are few, and whose terms depend on nothing but the value."""

_MOST = 20_000
"""Values that are known in all: some 40 MB. Then all are forgotten, since the few that matter soon come again."""
_LONGEST = 1_000
_known: dict[tuple[int, bytes], Terms] = {}
_numbers = count()


def remembered(adders: Sequence[Add]) -> Add:
    """Adds what all of them add to a value, which for a value that came before is known."""
    place = next(_numbers)

    def add(terms: Terms, value: Json, _zone: tzinfo) -> None:
        try:
            text = orjson.dumps(value)
        except TypeError:  # an exact decimal in an extension
            text = b""
        own = _known.get((place, text))
        if own is None:
            own = Terms()
            for each in adders:
                each(own, value, UTC)
            if text and len(text) <= _LONGEST:
                if len(_known) >= _MOST:
                    _known.clear()
                _known[place, text] = own
        terms.hashes |= own.hashes
        terms.texts |= own.texts

    return add
