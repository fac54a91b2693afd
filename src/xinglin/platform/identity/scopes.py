"""Scopes: what a key may do, at most; the roles of its account may allow less.

For FHIR they are those of SMART App Launch 2: `system/Observation.rs` reads and searches Observations. The letters are
c(reate), r(ead), u(pdate), d(elete), s(earch), in this order; `*` stands for every type. Everything else is a
permission of this house by its name: `patients.register`, `fhir.export`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from xinglin.fhir.definitions import resource_types
from xinglin.platform.i18n import gettext as _

_FHIR = re.compile(r"system/(\*|[A-Za-z]+)\.(?=.)(c?r?u?d?s?)")
_PERMISSION = re.compile(r"[a-z_]+\.[a-z_]+")
EVERY_TYPE = "*"


class ScopeError(Exception):
    """A scope can't be read; the message names it and what is accepted."""


@dataclass(frozen=True)
class Scopes:
    """What a key may do. `types` are the letters by resource type; `key` names the key for the audit."""

    types: dict[str, frozenset[str]] = field(default_factory=dict, hash=False)
    permissions: frozenset[str] = frozenset()
    key: str = ""

    def allow(self, type: str, letter: str) -> bool:
        """Whether an interaction with resources of a type (`*`: of every type) is within."""
        return letter in self.types.get(type, ()) or letter in self.types.get(EVERY_TYPE, ())

    def written(self) -> tuple[str, ...]:
        """The scopes as `parse_scopes` reads them."""
        fhir = (f"system/{type}.{''.join(each for each in 'cruds' if each in own)}" for type, own in self.types.items())
        return (*sorted(fhir), *sorted(self.permissions))


def parse_scopes(scopes: Iterable[str], *, key: str = "", permissions: frozenset[str] | None = None) -> Scopes:
    """Reads scopes. With `permissions`, only these names are accepted beside scopes of FHIR.

    Raises `ScopeError`.
    """
    types: dict[str, frozenset[str]] = {}
    named: set[str] = set()
    for scope in scopes:
        match = _FHIR.fullmatch(scope)
        if match and (match[1] == EVERY_TYPE or match[1] in resource_types()):
            types[match[1]] = types.get(match[1], frozenset()) | frozenset(match[2])
        elif _PERMISSION.fullmatch(scope) and (permissions is None or scope in permissions):
            named.add(scope)
        else:
            raise ScopeError(
                _(
                    "{scope} is no scope; accepted are system/Type.cruds with a resource type of R4 or *, and some of "
                    "the letters in this order, and names of permissions"
                ).format(scope=scope)
            )
    return Scopes(types, frozenset(named), key)
