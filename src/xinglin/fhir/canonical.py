"""The canonical form of a resource: the same bytes for the same content, whatever the order and the spaces it came in.

It is RFC 8785 (JSON Canonicalization Scheme) of the resource without `meta`, which the store writes and workflows tag.
A number that a double would change, such as 1.50, stands as the text of it: to FHIR it is another one than 1.5.
"""

from decimal import Decimal

import rfc8785

from xinglin.fhir.types import Json, Resource

_DOUBLE = 2**53


def canonical(resource: Resource) -> bytes:
    """The canonical form, in UTF-8."""
    return rfc8785.dumps(_plain({name: value for name, value in resource.items() if name != "meta"}))


def canonical_json(value: Json) -> bytes:
    """The canonical form of any JSON value, whole."""
    return rfc8785.dumps(_plain(value))


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) >= _DOUBLE):
        return str(value)
    return value
