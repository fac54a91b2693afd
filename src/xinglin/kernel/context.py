"""The context: what a command, a view or a handler works with, inside one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from pydantic import ValidationError

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.capability import Registry
from xinglin.kernel.command import Command
from xinglin.kernel.errors import NotPermitted, Refused, from_validation
from xinglin.kernel.event import Event
from xinglin.ledger import Books
from xinglin.platform.access import Grant
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import Actor
from xinglin.platform.settings import Settings
from xinglin.store.access import NOTHING, Access
from xinglin.store.channel_headers import Sealing
from xinglin.store.repository import Maintain, Repository, SearchPage, Version
from xinglin.terminology.knowing import knowing

DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")
"""The one time zone of China; an installation elsewhere names its own in the settings."""


@dataclass(frozen=True)
class Change:
    """One resource that a command wrote: `create`, `update` or `delete` of `type`/`id` in `version`."""

    kind: str
    type: str
    id: str
    version: int
    patient: str | None = None


@dataclass
class Work:
    """What has been done so far in this transaction."""

    changes: list[Change] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    held: dict[tuple[str, str], Version] = field(default_factory=dict)
    reason: str | None = None
    living: set[str] = field(default_factory=set)
    """Patients of whom it is known that their record stands by itself."""


def reference(resource: Resource) -> str:
    """The literal reference of a stored resource, `Type/id`."""
    return f"{resource['resourceType']}/{resource['id']}"


def patient_of(resource: Resource) -> str | None:
    """The patient whom a resource is about, as `Patient/id`."""
    if resource["resourceType"] == "Patient":
        return reference(resource) if "id" in resource else None
    for element in ("subject", "patient", "for", "beneficiary"):
        target = resource.get(element)
        if isinstance(target, dict) and str(target.get("reference", "")).startswith("Patient/"):
            return str(target["reference"])
    participants = (entry.get("actor", {}).get("reference", "") for entry in resource.get("participant") or ())
    return next((str(target) for target in participants if target.startswith("Patient/")), None)


class Context:
    """The one way from a capability to the store, the books, other commands and events.

    `actor` is who acts, `now` the time of the whole transaction, `books` the ledger. Nothing here commits.
    """

    def __init__(
        self,
        registry: Registry,
        connection: psycopg.AsyncConnection[Any],
        actor: Actor,
        now: datetime,
        *,
        zone: ZoneInfo = DEFAULT_ZONE,
        step: str = "",
        work: Work | None = None,
        maintain: Maintain | None = None,
        access: Access | None = None,
        seal: Sealing | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.registry = registry
        self.connection = connection
        self.actor = actor
        self.now = now.astimezone(zone)
        self.zone = zone
        self.repository = knowing(Repository(connection, now=now, zone=zone, maintain=maintain, access=access))
        self.work = work or Work()
        self.books = Books(connection, now=now)
        self.repository.seal = seal
        self.repository.held = self.work.held
        self._settings = settings
        self._step = step
        self._permissions = actor.limited(registry.permissions(actor.roles))

    @property
    def seal(self) -> Sealing:
        """Seals secrets that must be read again. Raises `RuntimeError` where the application has no key for it."""
        if self.repository.seal is None:
            raise RuntimeError("This application was made without a seal")
        return self.repository.seal

    @property
    def settings(self) -> Settings:
        """The settings of the installation. Raises `RuntimeError` where the application was made without them."""
        if self._settings is None:
            raise RuntimeError("This application was made without settings")
        return self._settings

    @property
    def today(self) -> date:
        """The day it is in the hospital."""
        return self.now.date()

    def on_day(self, parameter: str, day: date) -> list[tuple[str, str]]:
        """Search parameters for what lies within this day of the hospital, whose zone the store knows."""
        return [(parameter, day.isoformat())]

    def touching_day(self, parameter: str, day: date) -> list[tuple[str, str]]:
        """Search parameters for periods that have a part in this day, open ones among them."""
        return [(parameter, f"ge{day.isoformat()}"), (parameter, f"lt{(day + timedelta(days=1)).isoformat()}")]

    def from_day(self, parameter: str, day: date) -> list[tuple[str, str]]:
        """Search parameters for what begins on this day or later."""
        return [(parameter, f"ge{day.isoformat()}")]

    async def lock(self, name: str) -> None:
        """Waits until no other transaction holds the lock `name`, and holds it until this one ends."""
        await self.connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    def may(self, permission: str) -> bool:
        """Tells whether the actor holds `permission`."""
        return permission in self._permissions

    def demand(self, permission: str, what: str) -> None:
        """Raises `NotPermitted` unless the actor holds `permission`."""
        if not self.may(permission):
            raise NotPermitted(_("You may not do this: {what}").format(what=_(what)))

    async def read(self, reference: str, *, lock: bool = False) -> Resource:
        """The current version of `Type/id`; with `lock` nobody else changes it before this transaction ends."""
        type, _slash, id = reference.partition("/")
        return await self.repository.read(type, id, lock=lock)

    async def read_many(self, references: Iterable[str | None]) -> dict[str, Resource]:
        """Current versions by `Type/id`, in one round trip; those that do not exist are absent."""
        wanted = {tuple(item.split("/", 1)) for item in references if item and "/" in item}
        return await self.repository.read_many([(type, id) for type, id in sorted(wanted)]) if wanted else {}

    async def search(self, type: str, query: Iterable[tuple[str, str]]) -> SearchPage:
        """A FHIR search over `type` with decoded parameter pairs."""
        return await self.repository.search(type, list(query))

    def sees(self, type: str) -> bool:
        """Tells whether there are any resources of a type that the actor may see: else none means nothing."""
        access = self.repository.access
        return access is None or access.allowed(type, "search") != NOTHING

    def concealed(self, type: str) -> frozenset[str]:
        """The elements of a type that the actor does not see, or sees masked, and can't search by."""
        access = self.repository.access
        return frozenset() if access is None else access.hidden(type) | access.masked(type)

    async def create(self, resource: Resource, *, id: str | None = None) -> Resource:
        """Writes a new resource. Raises `Refused` where it is about a patient whose record is merged into another."""
        await self._ensure_living(patient_of(resource))
        return self._note("create", await self.repository.create(resource, id=id))

    async def update(self, resource: Resource) -> Resource:
        """Writes the next version of a resource, refused if somebody wrote one since `resource` was read."""
        version = (resource.get("meta") or {}).get("versionId")
        return self._note("update", await self.repository.update(resource, if_match=int(version) if version else None))

    async def delete(self, resource: Resource) -> None:
        """Deletes a resource; its history stays."""
        version = int(resource["meta"]["versionId"])
        await self.repository.delete(resource["resourceType"], resource["id"], if_match=version)
        self.work.changes.append(
            Change("delete", resource["resourceType"], resource["id"], version + 1, patient_of(resource))
        )

    def moved(self, table: str, resource: Resource, to: str | None = None) -> Resource:
        """`resource` in its next state by the step that runs now; nothing is written yet."""
        return self.registry.tables[table].move(resource, self._step, self.actor.roles, to)

    async def move(self, table: str, resource: Resource, to: str | None = None) -> Resource:
        """Takes a stored resource to its next state by the step that runs now."""
        return await self.update(self.moved(table, resource, to))

    async def call(self, name: str, /, **values: Any) -> Resource:
        """Runs another command by name inside this transaction, under this actor, for the step that runs now.

        The permission asked for is that of the outer command: whoever may finish a visit need not hold the
        permissions of every capability that a finished visit touches, nor see all that it touches. State tables still
        look at the roles.
        """
        command = self.registry.commands[name]
        return await command.run(self._inside(name), parse_input(command, values))

    def unlimited(self) -> "Context":
        """This context without limits of access, for what a command must find or change whoever gives it; what comes of
        it must not show its giver what the giver may not see."""
        return self._inside(self._step)

    def about(self, subject: str) -> None:
        """Names for the audit what this is about and no resource: an account, such as `account/1`."""
        self.work.subjects.append(subject)

    def because(self, reason: str) -> None:
        """Gives the audit the reason why somebody did this, where no resource keeps it."""
        self.work.reason = reason

    def emit(self, name: str, subject: Resource, *, key: str, **data: Any) -> None:
        """Publishes an event with this transaction.

        Events of one `key`, the reference of what they have in common, are delivered in the order in which they were
        published; whoever emits must hold that resource's lock, or the order means nothing. `data` are references.
        Raises `ValueError` for other data, and for an event that no capability declares.
        """
        if name not in self.registry.events:
            raise ValueError(f"Event {name} is declared by no capability")
        event = Event(name, reference(subject), key, data)
        event.ensure_anonymous()
        self.work.events.append(event)

    def _inside(self, step: str) -> "Context":
        access = self.repository.access
        return Context(
            self.registry,
            self.connection,
            self.actor,
            self.now,
            zone=self.zone,
            step=step,
            work=self.work,
            access=access.unlimited() if isinstance(access, Grant) else access,
            seal=self.repository.seal,
            settings=self._settings,
        )

    async def _ensure_living(self, patient: str | None) -> None:
        if patient is None or patient in self.work.living:
            return
        # unlimited: nothing of it is shown but that it is merged, to whoever may write about this patient.
        held = await self.repository.unlimited().read_many([("Patient", patient.partition("/")[2])])
        if patient in held and build.replaced_by(held[patient]):
            raise Refused(_("This record is merged into another one. Open that one"), expression="patient")
        self.work.living.add(patient)

    def _note(self, kind: str, resource: Resource) -> Resource:
        version = int(resource["meta"]["versionId"])
        self.work.changes.append(Change(kind, resource["resourceType"], resource["id"], version, patient_of(resource)))
        return resource


def parse_input(command: Command, values: Any) -> Any:
    """`values` as the command's typed input.

    Raises:
        BadRequest: one issue for each field that is wrong.
    """
    if isinstance(values, command.input):
        return values
    try:
        return command.input.model_validate(values)
    except ValidationError as error:
        raise from_validation(error, command.labels()) from None


SYSTEM = Actor(
    account_id="system", name="Xinglin", login="system", practitioner=None, roles=("system",), locale="zh_CN"
)


def as_system(locale: str) -> Actor:
    """The actor under which handlers and scheduled jobs work."""
    return replace(SYSTEM, locale=locale)
