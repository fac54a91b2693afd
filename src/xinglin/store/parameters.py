"""The search parameters that are in force in a database: R4's, and those that SearchParameter resources define.

Every process keeps the set that it knows, and compares its version with the one in the database where that costs
nothing: a write gets it along with the key of its row, a search asks for it only where it uses a parameter that R4 does
not have or finds one that it doesn't know. Why that is enough is told in `docs/adr/0053`.
"""

from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.search.custom import definition_of
from xinglin.fhir.search.known import Definition, SearchParameters
from xinglin.store.concealing import Vault, vault_of
from xinglin.store.cursors import database_of, execute, queries

Connection = AsyncConnection[Any]

_shared: dict[tuple[str, int, str, Vault | None], SearchParameters] = {}
_own: WeakKeyDictionary[Connection, SearchParameters] = WeakKeyDictionary()
# Sets with definitions that are not committed yet, which are for their own transaction only.


async def in_force(connection: Connection) -> SearchParameters:
    """The parameters that this process knows, which may have changed since; asks for them only the first time."""
    own = _own.get(connection) if _own else None
    return own or _shared.get(_store_of(connection)) or await refreshed(connection)


def _store_of(connection: Connection) -> tuple[str, int, str, Vault | None]:
    return *database_of(connection), vault_of(connection)


async def refreshed(connection: Connection) -> SearchParameters:
    """The parameters as they are now: the same set as before where nothing has changed."""
    version, definitions = await read_definitions(connection)
    found = tuple(definitions.values())
    database = _store_of(connection)
    for known in (_shared.get(database), _own.get(connection)):
        if known is not None and (known.version, known.definitions) == (version, found):
            if known is not _own.get(connection):
                _own.pop(connection, None)
            return known
    made = SearchParameters(found, version, vault_of(connection))
    if connection in _own:
        _own[connection] = made
    else:
        _shared[database] = made
    return made


async def refreshed_for_itself(connection: Connection) -> SearchParameters:
    """The same within a transaction that defines some: nobody else sees them before it commits."""
    version, definitions = await read_definitions(connection)
    made = _own[connection] = SearchParameters(tuple(definitions.values()), version, vault_of(connection))
    return made


async def version_of(connection: Connection) -> str:
    """The version of the parameters that are in force now."""
    ((version,),) = await (await execute(connection, queries.parameters_version, {})).fetchall()
    return str(version)


async def read_definitions(connection: Connection) -> tuple[str, dict[str, Definition]]:
    """The version, and the definitions beyond R4 by the id of their SearchParameter resource."""
    rows = await (await execute(connection, queries.parameters_read, {})).fetchall()
    found = {
        id: definition_of(json.loads(definition), ready=ready) for _, id, definition, ready in rows if id is not None
    }
    return rows[0][0], found
