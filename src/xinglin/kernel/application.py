"""The application: runs commands, views and screens, each in one transaction, with access, audit and idempotency."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from pydantic import ValidationError

from xinglin.fhir import json
from xinglin.fhir.outcome import FhirError, Forbidden, Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.capability import Registry
from xinglin.kernel.command import Command
from xinglin.kernel.context import DEFAULT_ZONE, SYSTEM, Change, Context, as_system, parse_input, reference
from xinglin.kernel.disclosure import patients_in, references_in
from xinglin.kernel.errors import NotPermitted, Refused, from_validation
from xinglin.kernel.event import Event, Handler
from xinglin.kernel.view import Page, View
from xinglin.ledger import LedgerError
from xinglin.platform import audit, idempotency, identity, outbox, tracing
from xinglin.platform.access import Grant, Unlimited
from xinglin.platform.access.policies import Current
from xinglin.platform.database import Database
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import Actor
from xinglin.platform.identity.scopes import parse_scopes
from xinglin.platform.settings import Settings
from xinglin.store.channel_headers import Sealing

ATTEMPTS = 4
"""How often a command is tried when the database reports that concurrent transactions got in each other's way."""


TOLD: Resource = {"resourceType": "Parameters"}
"""What is kept of an outcome that is told once."""


def utc_now() -> datetime:
    """The time of the machine, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Outcome:
    """What a command did: the `resource` it is about and every change. `replayed`: it had been done before."""

    resource: Resource
    changes: tuple[Change, ...]
    replayed: bool = False

    def to_json(self) -> dict[str, Any]:
        """As a JSON object: `{"resource", "changes", "replayed"}`."""
        return {
            "resource": self.resource,
            "changes": [asdict(change) for change in self.changes],
            "replayed": self.replayed,
        }


class Application:
    """An installation: a registry over a database. Commands that keep secrets need a `seal`."""

    def __init__(
        self,
        registry: Registry,
        database: Database,
        *,
        clock: Callable[[], datetime] = utc_now,
        zone: ZoneInfo = DEFAULT_ZONE,
        recorder: audit.Recorder | None = None,
        seal: Sealing | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.registry = registry
        self.seal = seal
        self.settings = settings
        self.recorder = recorder or audit.Recorder(database)
        self.database = database
        self.clock = clock
        self.zone = zone
        self.policies = Current(registry.policies)
        self._grant = lru_cache(4096)(self._bind)

    def local_time(self) -> datetime:
        """The time now, in the zone of the hospital."""
        return self.clock().astimezone(self.zone)

    def context(self, connection: psycopg.AsyncConnection[Any], actor: Actor, *, step: str = "") -> Context:
        """A context inside a transaction that the caller opened and ends."""
        access = self.grant(actor, trusted=True)
        return Context(
            self.registry,
            connection,
            actor,
            self.clock(),
            zone=self.zone,
            step=step,
            access=access,
            seal=self.seal,
            settings=self.settings,
        )

    def grant(self, actor: Actor, *, trusted: bool = False) -> Grant | None:
        """What an actor may see and change; None for the system, which may do all.

        `trusted` is for commands: their permission was asked for, so what they write is up to them.
        """
        if actor.account_id == SYSTEM.account_id:
            return None
        minute = self.clock().replace(second=0, microsecond=0)
        return self._grant(actor, minute, self.policies.version, trusted)

    async def know_policies(self, connection: psycopg.AsyncConnection[Any] | None = None) -> None:
        """Learns of rules that were changed elsewhere; asks the database every few seconds only."""
        if not self.policies.old:
            return
        if connection is not None:
            await self.policies.refresh(connection)
            return
        async with self.database.reading() as own:
            await self.policies.refresh(own)

    async def access_of(self, connection: psycopg.AsyncConnection[Any], account_id: str) -> Grant | None:
        """What an account may see now, for work that is done later. Raises `NotPermitted` where it was closed."""
        return self.grant(await self.actor_of(connection, account_id))

    async def actor_of(
        self, connection: psycopg.AsyncConnection[Any], account_id: str, scopes: Sequence[str] | None = None
    ) -> Actor:
        """An account as it is now, for what is done on its behalf; with the scopes of a key, where it came by one.

        Raises `NotPermitted` where it was closed, or no post of its is in force.
        """
        account = await identity.read_account(connection, account_id)
        if account is None or not account.active:
            raise NotPermitted(_("This account is closed"))
        try:
            actor = await identity.at_work(connection, account, self.local_time())
        except identity.AccountError as error:
            raise NotPermitted(str(error)) from None
        return actor if scopes is None else replace(actor, scopes=parse_scopes(scopes))

    def _bind(self, actor: Actor, minute: datetime, _version: int, trusted: bool) -> Grant:
        rules = [rule for role in dict.fromkeys(actor.roles) for rule in self.policies.of(role)]
        return Grant(actor, rules, minute, self.zone, trusted=trusted)

    async def execute(
        self,
        name: str,
        values: Mapping[str, Any],
        actor: Actor,
        *,
        key: str | None = None,
        client: str | None = None,
    ) -> Outcome:
        """Runs the command `name` in one transaction.

        `key` is the idempotency key: a second call of the same actor with the same key and input gives the first
        one's outcome and changes nothing. `client` is the caller's network address, for the audit.

        Raises:
            NotFound: no such command. BadRequest: the input is wrong. NotPermitted, Refused: it may not happen.
            Conflict: the key was used for something else.
        """
        command = self.registry.commands.get(name)
        if command is None:
            raise NotFound(_("There is no command {name}").format(name=name))
        try:
            with tracing.span(f"command {command.name}"):
                return await self._retried(command, values, actor, key, client)
        except FhirError as error:
            await self._note(actor, "command", command.name, client, references_in(values), error)
            raise

    async def _retried(
        self, command: Command, values: Mapping[str, Any], actor: Actor, key: str | None, client: str | None
    ) -> Outcome:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.database.transaction() as connection:
                    return await self._run(connection, command, values, actor, key, client)
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def _run(
        self,
        connection: psycopg.AsyncConnection[Any],
        command: Command,
        values: Mapping[str, Any],
        actor: Actor,
        key: str | None,
        client: str | None,
    ) -> Outcome:
        await self.know_policies(connection)
        context = self.context(connection, actor, step=command.name)
        now = context.now
        context.demand(command.permission, command.title)
        given = parse_input(command, values)
        if key is not None:
            digest = _digest(command.name, given.model_dump_json())
            kept = await idempotency.claim(connection, actor.account_id, key, digest, now)
            if kept is not None:
                return await self._replayed(connection, command, kept, actor, client)
        try:
            resource = await command.run(context, given)
        except LedgerError as error:
            raise Refused(str(error)) from error
        outcome = Outcome(resource, tuple(context.work.changes))
        await self.publish(context)
        await audit.record(
            connection,
            actor=actor,
            action="command",
            command=command.name,
            entities=[*_touched(outcome), *context.work.subjects],
            outcome="success",
            at=now,
            client=client,
            detail=context.work.reason,
        )
        if key is not None:
            remembered = Outcome(TOLD, outcome.changes) if command.secret else outcome
            await idempotency.keep(connection, actor.account_id, key, json.dumps(remembered.to_json()))
        return outcome

    async def _replayed(
        self, connection: psycopg.AsyncConnection[Any], command: Command, kept: bytes, actor: Actor, client: str | None
    ) -> Outcome:
        """What a command did before, shown again."""
        done = json.loads(kept)
        outcome = Outcome(done["resource"], tuple(Change(**change) for change in done["changes"]), replayed=True)
        await audit.record(
            connection,
            actor=actor,
            action="command",
            command=command.name,
            entities=_touched(outcome),
            outcome="success",
            at=self.clock(),
            client=client,
            detail="replayed",
        )
        return outcome

    async def view(self, name: str, values: Mapping[str, Any], actor: Actor, *, client: str | None = None) -> Page[Any]:
        """Rows of the view `name`; which patients they show is on record before they are given out.

        Raises:
            NotFound: no such view. BadRequest: a parameter is wrong. NotPermitted: the actor may not see it.
        """
        view = self.registry.views.get(name)
        if view is None:
            raise NotFound(_("There is no view {name}").format(name=name))
        async with (
            self.on_record(actor, view.name, client, values, always=view.recorded) as shown,
            self.reading(actor) as context,
        ):
            page = await run_view(context, view, values)
            shown.append(page.rows)
        return page

    @asynccontextmanager
    async def on_record(
        self,
        actor: Actor,
        name: str,
        client: str | None,
        asked: Mapping[str, Any] | None = None,
        *,
        always: bool = False,
        action: str = "read",
    ) -> AsyncIterator[list[Any]]:
        """Records a read by `name` when the block ends: the patients in all that the block adds to the list.

        What shows no patient leaves no entry, unless `always`. That and a refusal come with the references in what was
        `asked` for. Nothing may be given out within the block. `action` is `read`, or `print` for what goes onto paper.
        """
        shown: list[Any] = []
        try:
            yield shown
        except (Forbidden, Refused) as error:
            await self._note(actor, action, name, client, references_in(asked), error)
            raise
        patients = patients_in(shown)
        if patients or always:
            await self._note(actor, action, name, client, {*patients, *(references_in(asked) if always else ())})

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[Context]:
        """A context to read in; whatever it might write is refused by the database."""
        async with self.database.reading() as connection:
            await self.know_policies(connection)
            yield Context(
                self.registry,
                connection,
                actor,
                self.clock(),
                zone=self.zone,
                maintain=self.database.transaction,
                access=self.grant(actor, trusted=True),
                seal=self.seal,
                settings=self.settings,
            )

    def outbox_handlers(self) -> outbox.Handlers:
        """The capabilities' handlers in the form that the outbox delivers to."""
        return {
            event: {handler.name: partial(self._handle, handler) for handler in handlers}
            for event, handlers in self.registry.handlers.items()
        }

    async def _handle(
        self, handler: Handler, connection: psycopg.AsyncConnection[Any], published: outbox.Published
    ) -> None:
        """Runs one handler for one event inside the outbox's transaction, as the system."""
        parent = published.payload.get(tracing.TRACEPARENT)
        with tracing.span(f"event {handler.name}", kind="consumer", parent=parent):
            await self._handled(handler, connection, published)

    async def _handled(
        self, handler: Handler, connection: psycopg.AsyncConnection[Any], published: outbox.Published
    ) -> None:
        actor, payload = as_system("zh_CN"), published.payload
        context = self.context(connection, actor, step=handler.name)
        with suppress(NotFound, Gone):
            context.repository.access = Unlimited.of(actor.account_id, await context.read(payload["subject"]))
        await handler.run(context, Event(published.event, payload["subject"], published.key, payload["data"]))
        await self.publish(context)
        if context.work.changes:
            await audit.record(
                connection,
                actor=actor,
                action="event",
                command=handler.name,
                entities=sorted({f"{change.type}/{change.id}" for change in context.work.changes}),
                outcome="success",
                at=context.now,
            )

    async def publish(self, context: Context) -> None:
        """Writes the context's events to the outbox, in its transaction."""
        for event in context.work.events:
            payload: dict[str, Any] = {"subject": event.subject, "data": event.data}
            if trace := tracing.current():
                payload[tracing.TRACEPARENT] = trace
            await outbox.publish(context.connection, event=event.name, payload=payload, key=event.key, at=context.now)

    async def _note(
        self,
        actor: Actor,
        action: str,
        name: str,
        client: str | None,
        entities: Iterable[str],
        refused: FhirError | None = None,
    ) -> None:
        """Records what has no transaction of its own: what was seen, and what was refused."""
        detail = type(refused).__name__ if refused else None
        entry = audit.Entry(actor, action, name, (), "refused" if refused else "success", self.clock(), client, detail)
        for each in audit.disclosing(entry, entities):
            await self.recorder.record(each)


async def run_view(context: Context, view: View, values: Mapping[str, Any]) -> Page[Any]:
    """Runs a view inside an open context, for screens that show several.

    Raises:
        NotPermitted: the actor may not see it. BadRequest: a parameter is wrong.
    """
    context.demand(view.permission, view.title)
    try:
        wanted = view.filter.model_validate(dict(values))
    except ValidationError as error:
        names = {name: info.title or name for name, info in view.filter.model_fields.items()}
        raise from_validation(error, names) from None
    page: Page[Any] = await view.run(context, wanted)
    return page


def _digest(name: str, text: str) -> str:
    return hashlib.sha256(f"{name}\0{text}".encode()).hexdigest()


def _touched(outcome: Outcome) -> list[str]:
    """References of everything that a command was about, patients first."""
    patients = {change.patient for change in outcome.changes if change.patient}
    others = {f"{change.type}/{change.id}" for change in outcome.changes}
    if "id" in outcome.resource:
        others.add(reference(outcome.resource))
    return [*sorted(patients), *sorted(others - patients)]
