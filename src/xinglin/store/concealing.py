"""Values that lie encrypted in the database: which they are, where they are put into a resource and taken out again.

An encrypted value is a text in the JSON that begins with a control character, which no text of FHIR may hold: nobody
can write one. It is opened where the JSON comes out of the database (`store/cursors.py`), so that nothing above knows
of it. The keys are the platform's; a connection brings them along as its `vault`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.search.blinding import PERSONS, Blinding
from xinglin.fhir.types import Json, Resource

Connection = AsyncConnection[Any]

MARK = "\x01"
IN_JSON = b'"\\u0001'
"""How an encrypted value begins in JSON text."""

_SEALED = re.compile(rb'"\\u0001([^"]*)"')
_KEYS = re.compile(r'"\\u0001([0-9a-f]+)\.')
_LEFT = frozenset({"code", "id", "reference", "resourceType", "system", "url", "versionId", "lastUpdated", "fullUrl"})
# Elements by which things are found and joined, and which tell nothing of a person where they are used as meant.
_TELEPHONES = frozenset({"phone", "sms", "fax"})
_PART = 6
"""Characters from which on a value is looked for in longer texts too, such as a narrative."""


class VaultError(Exception):
    """An encrypted value can't be opened; the message says why and what helps."""


class Vault(Blinding, Protocol):
    """The keys of one installation, and what is encrypted with them."""

    def opened(self, sealed: str) -> str:
        """What was encrypted, from the text behind `MARK`. Raises `VaultError`."""

    def current(self, key: str) -> bool:
        """Whether this is the key by which values are encrypted now."""


def vault_of(connection: Any) -> Vault | None:
    """The keys that a connection brings along; None where nothing is encrypted by it."""
    found: Vault | None = getattr(connection, "vault", None)
    return found


def opened(vault: Vault | None, content: bytes) -> bytes:
    """The JSON text with its encrypted values in clear. Raises `VaultError`."""
    if IN_JSON not in content:
        return content
    if vault is None:
        raise VaultError("Values in the database are encrypted, and this connection was opened without keys")
    return _SEALED.sub(lambda found: json.dumps(vault.opened(found[1].decode())), content)


def keys_in(content: str) -> set[str]:
    """The names of the keys by which values in a JSON text are encrypted."""
    return set(_KEYS.findall(content))


def persons(resource: Json) -> Iterator[Resource]:
    """The persons among a resource, what it contains, and the entries of a bundle."""
    if not isinstance(resource, dict):
        return
    if resource.get("resourceType") in PERSONS:
        yield resource
    for inside in resource.get("contained") or ():
        yield from persons(inside)
    if resource.get("resourceType") == "Bundle":
        for entry in resource.get("entry") or ():
            yield from persons(entry.get("resource"))


def secrets_of(resource: Resource, systems: frozenset[str], *, telephones: bool) -> set[str]:
    """The values of a resource that are to be hidden: identifiers of these systems, and telephone numbers."""
    found = set[str]()
    for person in persons(resource):
        found |= {
            each["value"]
            for each in person.get("identifier") or ()
            if each.get("system") in systems and "value" in each
        }
        if telephones:
            contacts = [person, *(person.get("contact") or ())]
            points = (point for contact in contacts for point in contact.get("telecom") or ())
            found |= {p["value"] for p in points if p.get("system") in _TELEPHONES and "value" in p}
    return {value for value in found if isinstance(value, str)}


def replaced(value: Json, secrets: set[str], other: Callable[[str], str]) -> Json:
    """A value in whose place stands another one wherever it is one of the secrets, or a text that has one in it."""
    if isinstance(value, dict):
        return {
            k: each if k in _LEFT and isinstance(each, str) else replaced(each, secrets, other)
            for k, each in value.items()
        }
    if isinstance(value, list):
        return [replaced(each, secrets, other) for each in value]
    if not isinstance(value, str):
        return value
    tells = value in secrets or any(len(each) >= _PART and each in value for each in secrets)
    return other(value) if tells else value


def rewritten(vault: Vault, content: str, resource: Resource) -> bool:
    """Whether the stored text of a resource is not as it would be written now: it has values in clear that are to be
    hidden, or hidden ones by another key, or such as need not be."""
    keys, forms = keys_in(content), vault.forms(resource)
    if forms is None:
        return bool(keys)
    written = json.dumps(forms[0]).decode()
    return not all(map(vault.current, keys)) or written.count(r'"\u0001') != content.count(r'"\u0001')


def concealed(vault: Vault, found: Mapping[str, Json], element: str) -> Mapping[str, Json]:
    """An object with the resource in one of its elements as it would be stored."""
    forms = vault.forms(found[element]) if isinstance(found.get(element), dict) else None
    return found if forms is None else {**found, element: forms[0]}
