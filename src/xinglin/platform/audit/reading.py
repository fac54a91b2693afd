"""Looks into the record: who saw a patient, what somebody did; the newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xinglin.platform.audit.entries import EVERYBODY, Connection, queries


@dataclass(frozen=True)
class Kept:
    """An entry as it is kept. `name` and `roles` are those that the account had then."""

    id: int
    at: datetime
    account: str | None
    name: str
    roles: tuple[str, ...]
    action: str
    command: str
    entities: tuple[str, ...]
    outcome: str
    client: str | None
    detail: str | None


@dataclass(frozen=True)
class Span:
    """From `since` on and before `until`; None: without an end. `before`: time and number of the entry after which
    a page begins."""

    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, int] | None = None

    def values(self) -> dict[str, Any]:
        """As parameters of the statements."""
        at, id = self.before or (None, None)
        return {"since": self.since, "until": self.until, "before": at, "before_id": id}


@dataclass(frozen=True)
class Person:
    """An account, to be looked for."""

    id: str
    login: str
    name: str
    roles: tuple[str, ...]
    active: bool


async def about_patient(connection: Connection, records: Sequence[str], span: Span, limit: int) -> list[Kept]:
    """Entries that name any of a patient's records, such as `Patient/1`, and those that name everybody."""
    values = {**span.values(), "names": [*records, EVERYBODY], "limit": limit}
    return _kept(await (await connection.execute(queries.audit_of_patient, values)).fetchall())


async def by_account(connection: Connection, account: str, span: Span, limit: int) -> list[Kept]:
    """Entries of an account."""
    values = {**span.values(), "account": account, "limit": limit}
    return _kept(await (await connection.execute(queries.audit_of_account, values)).fetchall())


async def find_people(connection: Connection, text: str, limit: int) -> list[Person]:
    """Accounts by a part of name or login, closed ones too; by name."""
    rows = await (await connection.execute(queries.audited_people, {"text": text, "limit": limit})).fetchall()
    return [Person(id, login, name, tuple(roles), active) for id, login, name, roles, active in rows]


def _kept(rows: Sequence[Sequence[Any]]) -> list[Kept]:
    found = []
    for id, at, account, name, roles, action, command, entities, outcome, client, detail in rows:
        kept = Kept(id, at, account, name, tuple(roles), action, command, tuple(entities), outcome, client, detail)
        found.append(kept)
    return found
