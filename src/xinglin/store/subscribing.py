"""Lets Subscription resources take effect (FHIR R4, Subscription): what they wait for, and on whose behalf.

Whoever writes a Subscription is who it is for: what is sent is limited by what that account may see. Values of
`channel.header` are secrets (`channel_headers`).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from psycopg import AsyncConnection

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import FhirError, Invalid, Issue
from xinglin.fhir.search.grammar import CURSOR, RESULT_PARAMETERS
from xinglin.fhir.types import Resource
from xinglin.fhir.validation import ensure_valid
from xinglin.store import asking, topics
from xinglin.store.channel_headers import Header, seal_former, sealed
from xinglin.store.cursors import execute, queries

if TYPE_CHECKING:
    from xinglin.store.repository import Repository

Connection = AsyncConnection[Any]

TYPE = "Subscription"
CHANNEL = "rest-hook"
PAYLOADS = ("application/fhir+json", "application/json", "application/fhir+xml")
"""What `channel.payload` may be; without it, notifications have no body."""


class Subscribed(NamedTuple):
    """A Subscription as it is in force.

    `criteria` is a search on `type`; `scopes` limit what `account` may see; None for the account is the system itself.
    Changes by numbers over `after` are for it. `header_names` and `header_values` are those of the channel, sealed.

    With a `topic`, `type` is what the topic waits for (`Topic.waits_for`), `events` how many it was told of,
    `handshake` when one was asked for since it was requested, `told` when something was sent last.
    """

    id: str
    status: str
    type: str
    criteria: str
    ends: datetime | None
    account: str | None
    scopes: list[str] | None
    after: int
    header_names: list[str]
    header_values: list[bytes]
    topic: str | None
    content: str | None
    heartbeat: int | None
    events: int
    handshake: datetime | None
    told: datetime | None

    @property
    def headers(self) -> list[Header]:
        """Headers of the channel, sealed."""
        return list(map(Header, self.header_names, self.header_values))


async def subscriptions(connection: Connection) -> list[Subscribed]:
    """All that are not off."""
    return [Subscribed(*row) for row in await (await execute(connection, queries.subscriptions, {})).fetchall()]


async def find(connection: Connection, id: str) -> Subscribed | None:
    """One of them, also one that is off; None where there is none."""
    row = await (await execute(connection, queries.subscription_of, {"id": id})).fetchone()
    return Subscribed(*row) if row else None


async def forget(connection: Connection, id: str) -> None:
    """Nothing is sent any more for a Subscription that was deleted."""
    await execute(connection, queries.subscription_forget, {"id": id})


async def subscribed(repository: "Repository", resource: Resource, id: str) -> Resource:
    """Lets a Subscription take effect as it is about to be written, and gives it without secrets.

    What the system writes stays on behalf of whom it was. Nobody else makes one active: it is requested, and the worker
    makes it so. Raises `Invalid` with every issue.
    """
    ensure_valid({**resource, "id": id})
    if repository.seal is not None:
        await seal_former(repository.connection, repository.seal)
    former = await find(repository.connection, id)
    access = repository.access
    if access is not None and resource["status"] == "active":
        resource = {**resource, "status": "requested"}
    account, scopes = (access.account, access.scopes) if access else (None, None)
    if access is None and former is not None:
        account, scopes = former.account, tuple(former.scopes) if former.scopes is not None else None
    known = former.headers if former and former.account == account else []
    trusted = access is None and former is not None  # its criteria may have become void, which is what is to be told
    asked = _as_before(former) if trusted and former else _asked(repository, resource)
    issues = [] if trusted or resource["status"] == "off" else await _faults(repository, resource)
    headers, faults = sealed(resource, id, known, repository.seal)
    if issues or faults:
        raise Invalid(issues=[*issues, *faults])
    values = {
        **asked,
        "id": id,
        "status": resource["status"],
        "ends": resource.get("end"),
        "account": account,
        "scopes": None if scopes is None else list(scopes),
        "header_names": [header.name for header in headers],
        "header_values": [header.value for header in headers],
    }
    await execute(repository.connection, queries.subscription_keep, values)
    if not headers:
        return resource
    return {**resource, "channel": {**resource["channel"], "header": [header.shown for header in headers]}}


def _as_before(former: Subscribed) -> dict[str, Any]:
    names = ("type", "criteria", "topic", "content", "heartbeat")
    return {name: getattr(former, name) for name in names}


def _asked(repository: "Repository", resource: Resource) -> dict[str, Any]:
    """What a Subscription asks for, as it is kept. One that is off may ask for what there is not."""
    type, _, criteria = resource["criteria"].partition("?")
    none = {"topic": None, "content": None, "heartbeat": None}
    if not topics.is_topical(resource):
        return {**none, "type": type, "criteria": criteria}
    wanted, _faults = topics.read(resource, repository.topics)
    if wanted is None:
        return {**none, "type": "", "criteria": "", "topic": resource["criteria"]}
    return {
        "type": wanted.topic.waits_for,
        "criteria": wanted.criteria,
        "topic": wanted.topic.url,
        "content": wanted.content,
        "heartbeat": wanted.heartbeat,
    }


async def _faults(repository: "Repository", resource: Resource) -> list[Issue]:
    """Why a Subscription that is not off can't take effect."""
    channel = resource["channel"]
    issues = [
        _issue(f"channel.{name}", f"{channel.get(name)!r} is not supported; accepted: {accepted}")
        for name, right, accepted in (
            ("type", channel["type"] == CHANNEL, CHANNEL),
            ("endpoint", usable(channel.get("endpoint", "")), "http or https, with a host, without user and #"),
            ("payload", channel.get("payload", PAYLOADS[0]) in PAYLOADS, f"none, {', '.join(PAYLOADS)}"),
        )
        if not right
    ]
    type, _, criteria = resource["criteria"].partition("?")
    if topics.is_topical(resource):
        wanted, faults = topics.read(resource, repository.topics)
        if wanted is None:
            return [*issues, *faults]
        type, criteria = wanted.topic.type, wanted.criteria
    if type not in resource_types():
        return [*issues, _issue("criteria", f"{resource['criteria']!r}: expected Type?search with a type of R4")]
    named = (pair.partition("=")[0].partition(":")[0] for pair in criteria.split("&"))
    if shaping := sorted({*RESULT_PARAMETERS, CURSOR} & set(named)):
        issues.append(_issue("criteria", f"{', '.join(shaping)} shape a result and select nothing; leave them out"))
    else:
        try:
            await asking.read(repository, type, criteria)
        except FhirError as error:
            issues += [_issue("criteria", issue.diagnostics) for issue in error.issues]
    return issues


async def greeted(connection: Connection, id: str, now: datetime) -> None:
    """Notes that a handshake is asked for."""
    await execute(connection, queries.subscription_greeted, {"id": id, "now": now})


async def told(connection: Connection, id: str, now: datetime) -> None:
    """Notes that something was sent, so that the next heartbeat comes later."""
    await execute(connection, queries.subscription_told, {"id": id, "now": now})


def usable(endpoint: str) -> bool:
    """Whether something can be sent to an address."""
    try:
        parts = urlsplit(endpoint)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.username or parts.fragment)


def _issue(element: str, text: str) -> Issue:
    return Issue("error", "invalid", text, f"{TYPE}.{element}")
