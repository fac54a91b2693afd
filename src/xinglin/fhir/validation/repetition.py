"""Values that come again and again, such as the codes of a laboratory, are checked once."""

import orjson

from xinglin.fhir.types import Json
from xinglin.fhir.validation.faults import Check, Context, Faults

REPEATED = frozenset({"CodeableConcept", "Coding"})
"""Types whose values are few and say nothing of the resource that they are in, unless they have extensions."""

_MOST = 20_000
_LONGEST = 1_000


def remembered(check: Check) -> Check:
    """The same check, which knows values again that it found right. Their JSON text is quicker to make than a check.

    There is one for each type, whatever the element, so that what it knows is bounded.
    """
    known: set[bytes] = set()

    def check_once(value: Json, context: Context) -> Faults:
        try:
            text = orjson.dumps(value)
        except (TypeError, ValueError, RecursionError):  # with an exact decimal in an extension, or no JSON at all
            return check(value, context)
        if text in known:
            return None
        waiting = len(context.pending)
        faults = check(value, context)
        # What an extension holds may refer to the resource around it: a contained one, for example.
        alone = faults is None and len(context.pending) == waiting and b"xtension" not in text
        if alone and len(text) <= _LONGEST and len(known) < _MOST:
            known.add(text)
        return faults

    return check_once
