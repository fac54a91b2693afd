"""The repository: every read, write and search of FHIR resources, within the caller's transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeAlias

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.outcome import PreconditionFailed
from xinglin.fhir.search import Query
from xinglin.fhir.search.query import Shape
from xinglin.fhir.types import Resource
from xinglin.store import access as access_to
from xinglin.store import asking, conditional, history, including, permitting, searching, subscribing, versions, writing
from xinglin.store.access import EVERYTHING, Access, Condition
from xinglin.store.batches import process_batch
from xinglin.store.bindings import Members
from xinglin.store.bundles import process_transaction
from xinglin.store.channel_headers import Sealing
from xinglin.store.cursors import execute, queries
from xinglin.store.entries import Entry
from xinglin.store.found import Found
from xinglin.store.history import HistoryPage, HistoryQuery
from xinglin.store.patch import Patch
from xinglin.store.resolving import Expand, Related, Resolver
from xinglin.store.searching import SearchPage
from xinglin.store.statistics import statistics
from xinglin.store.topics import BY_TYPE, Topics
from xinglin.store.versions import Version

__all__ = ["Maintain", "Repository", "SearchPage", "Version"]

Maintain: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]
"""Opens a transaction that commits when its block ends well, such as `Database.transaction`."""


Operations: TypeAlias = Callable[[Entry], Awaitable[Resource]]
"""Calls the operation that an entry of a bundle names, which changes nothing, and gives its output."""


class Repository:
    """FHIR resources in PostgreSQL, seen through one transaction.

    The caller opens the transaction on `connection` (READ COMMITTED), and commits it or rolls it back. `now` stamps
    what is written. A date without a time zone, such as a birth date, means a day in `zone`, the hospital's own; it
    must not change once resources are stored. `expand` gives the codes of a value set, for `:in` and `:not-in`; without
    it only the value sets that R4 requires are known. `related` gives the codes that subsume a code, or that it
    subsumes, for `:above` and `:below`. `members` decides the bindings of the profiles that resources claim; without
    it, they are not looked at. `operations` carries out those in bundles; `seal` hides what is secret in a resource,
    without it such resources are refused; `topics` are those to which one may subscribe. Where `connection` can only
    read, `maintain` opens transactions in which tables that are derived from resources are brought up to date. `access`
    limits what is seen and changed; None is the system itself. Errors are `xinglin.fhir.outcome.FhirError`.
    """

    def __init__(
        self,
        connection: AsyncConnection[Any],
        *,
        now: datetime,
        zone: tzinfo = UTC,
        expand: Expand | None = None,
        related: Related | None = None,
        members: Members | None = None,
        maintain: Maintain | None = None,
        access: Access | None = None,
    ) -> None:
        self.connection = connection
        self.now = now
        self.zone = zone
        self.expand = expand
        self.related = related
        self.members = members
        self.operations: Operations | None = None
        self.seal: Sealing | None = None
        self.topics: Topics = BY_TYPE
        self.access = access
        self.held: dict[tuple[str, str], Version] | None = None
        """Versions that this transaction has locked or written, for which the database need not be asked again. None
        where it may go back to a savepoint, after which they would be wrong."""
        self.written: list[Resource] = []
        """What was written here, for those who keep records of it; of a deletion what was there before."""
        self._maintain = maintain

    @asynccontextmanager
    async def maintaining(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection on which what is derived from resources may be written: this one, or one of `maintain`."""
        if self._maintain is None:
            yield self.connection
        else:
            async with self._maintain() as connection:
                yield connection

    def unlimited(self) -> "Repository":
        """The same without limits, for what the house itself keeps and nobody is shown."""
        # unlimited: what this is for; each caller says why.
        free = Repository(
            self.connection,
            now=self.now,
            zone=self.zone,
            expand=self.expand,
            related=self.related,
            members=self.members,
            maintain=self._maintain,
        )
        free.held = self.held
        return free

    async def visible(self, type: str, interaction: str) -> Condition:
        """The condition on resources of a type with which the caller may do this."""
        if self.access is None or self.access.allowed(type, interaction) == EVERYTHING:
            return Condition()
        return access_to.visible(self.access, [type], interaction, await statistics(self.connection, self.now))

    async def create(self, resource: Resource, *, id: str | None = None, if_none_exist: str | None = None) -> Resource:
        """Writes a new resource and gives it back with id and meta; an id in the resource is not kept.

        With `if_none_exist`, a search on the type such as `identifier=system|value`: the one resource that matches is
        given back instead, and several raise `PreconditionFailed`. Raises `Invalid` with every issue, and `Conflict`
        where `id` is taken.
        """
        if if_none_exist is not None:
            return (await self.create_unless(resource, if_none_exist))[0]
        resource = permitting.marked(self, resource)
        if resource.get("resourceType") == subscribing.TYPE:
            id = id or writing.new_id()
            resource = await subscribing.subscribed(self, resource, id)
        made = await writing.create(self.connection, resource, id, self.now, self.zone, self.members)
        await permitting.ensure_written(self, "create", [(made["resourceType"], made["id"])])
        self.written.append(made)
        return self.told(made)

    def told(self, written: Resource) -> Resource:
        """What was written, as its writer may see it: an update keeps elements that are hidden from the writer."""
        if self.access is None or not self.access.hiding:
            return written
        return access_to.without(written, self.access)

    async def create_unless(self, resource: Resource, condition: str | None) -> tuple[Resource, bool]:
        """As `create` with `if_none_exist`, and tells whether the resource is new."""
        if condition is not None:
            existing = await self.match(str(resource.get("resourceType")), condition, lock=True)
            if existing is not None:
                return existing, False
        return await self.create(resource), True

    async def match(self, type: str, condition: str, *, lock: bool = False) -> Resource | None:
        """The one resource that a search finds, or None. Raises `PreconditionFailed` where there are several.

        With `lock`, another transaction with the same condition waits until this one is over, so that two can't both
        find nothing and create. A condition that leaves out nothing is refused: with it, a request that lost its
        parameters would change whatever it met.
        """
        condition = condition.removeprefix("?")
        query = await asking.read(self, type, condition)
        if not query.filters:
            raise PreconditionFailed(f"{type}?{condition} selects nothing: a condition needs a search parameter")
        if query.contained != "false":
            raise PreconditionFailed(f"{type}?{condition} finds what others contain, which is nothing by itself")
        if lock:
            await execute(self.connection, queries.lock_condition, {"condition": f"{type}?{condition}"})
        page = await self.search(type, f"{condition}&_count=2")
        if len(page.resources) > 1:
            raise PreconditionFailed(f"{type}?{condition} matches more than one resource", code="multiple-matches")
        return page.resources[0] if page.resources else None

    async def read(self, type: str, id: str, *, lock: bool = False) -> Resource:
        """The current version; with `lock`, nobody else can change it until the commit. Raises `NotFound`, `Gone`."""
        resource: Resource = json.loads((await self._current(type, id, lock=lock)).content or b"null")
        return resource

    async def read_raw(self, type: str, id: str) -> Version:
        """The current version as the JSON text that is stored, for those who only pass it on."""
        return await self._current(type, id)

    async def _current(self, type: str, id: str, *, lock: bool = False) -> Version:
        visible = await self.visible(type, "read")
        found = None if visible.sql or self.held is None else self.held.get((type, id))
        if found is None or found.deleted:
            found = await versions.current(self.connection, type, id, lock=lock, visible=visible)
            if lock:
                self._hold(type, id, found)
        return self.version_shown(type, found)

    async def locked(self, type: str, id: str) -> Version | None:
        """The current version, be it a tombstone, or None; nobody else can change it until the commit. Limits are not
        asked for: what is seen of it is up to the caller."""
        found = (self.held or {}).get((type, id)) or await versions.find(self.connection, type, id, lock=True)
        if found is not None:
            self._hold(type, id, found)
        return found

    def _hold(self, type: str, id: str, version: Version | None) -> None:
        if self.held is None:
            return
        if version is None:
            self.held.pop((type, id), None)
        else:
            self.held[type, id] = version

    def version_shown(self, type: str, version: Version) -> Version:
        """A version without the elements that are hidden from the caller."""
        if version.content is None or self.access is None or not self.access.hiding:
            return version
        return replace(version, content=access_to.shown(self.access, type, version.content))

    async def read_many(self, references: Sequence[tuple[str, str]]) -> dict[str, Resource]:
        """`Type/id` → resource, in one round trip; those that don't exist are absent."""
        found = await including.read_many(self, references)
        return {f"{one.type}/{one.id}": self.shown(one).resource for one in found}

    async def vread(self, type: str, id: str, version: int) -> Resource:
        """One version. Raises `NotFound`, or `Gone` where it is the deletion."""
        resource: Resource = json.loads((await self.vread_raw(type, id, version)).content or b"null")
        return resource

    async def vread_raw(self, type: str, id: str, version: int) -> Version:
        """One version as the JSON text that is stored. Raises `NotFound`, or `Gone` where it is the deletion."""
        visible = await self.visible(type, "history")
        return self.version_shown(type, await versions.single(self.connection, type, id, version, visible=visible))

    async def history(self, type: str, id: str) -> list[Version]:
        """All versions, newest first, deletions among them. Raises `NotFound`."""
        visible = await self.visible(type, "history")
        return [
            self.version_shown(type, each) for each in await versions.every(self.connection, type, id, visible=visible)
        ]

    async def history_page(self, query: HistoryQuery) -> HistoryPage:
        """A page of the history of one resource, of a type or of everything. Raises `NotFound`, `BadRequest`."""
        return await history.page(self, query)

    async def update(self, resource: Resource, *, if_match: int | None = None) -> Resource:
        """Writes a new version, or the first one of an id that is new, and gives it back.

        Raises `Invalid` with every issue, `PreconditionFailed` where `if_match` is not the current version.
        """
        written, _ = await self.put(resource, if_match=if_match)
        return written

    async def put(self, resource: Resource, *, if_match: int | None = None) -> tuple[Resource, bool]:
        """As `update`, and tells whether the resource was not there before."""
        resource, locked = await permitting.restored(self, resource)
        if resource.get("resourceType") == subscribing.TYPE and isinstance(resource.get("id"), str):
            resource = await subscribing.subscribed(self, resource, resource["id"])
        if locked is None and self.held:
            locked = self.held.get((str(resource.get("resourceType")), str(resource.get("id"))))
        written, new = await writing.update(
            self.connection, resource, if_match, self.now, self.zone, self.members, locked
        )
        names = [(written["resourceType"], written["id"])]
        self._hold(*names[0], self._version(written))
        await permitting.ensure_written(self, "create" if new else "update", names)
        self.written.append(written)
        return self.told(written), new

    def _version(self, written: Resource) -> Version:
        return Version(int(written["meta"]["versionId"]), self.now, False, json.dumps(written))

    async def delete(self, type: str, id: str, *, if_match: int | None = None) -> None:
        """Deletes, leaving a tombstone and the history. Raises `NotFound`, `Gone`, `PreconditionFailed`."""
        await permitting.ensure_allowed(self, type, id, "delete")
        self._hold(type, id, None)
        self.written.append(await writing.delete(self.connection, type, id, if_match, self.now))
        if type == subscribing.TYPE:
            await subscribing.forget(self.connection, id)

    async def search(
        self,
        type: str,
        params: str | Iterable[tuple[str, str]] = "",
        *,
        lenient: bool = False,
        compartment: tuple[str, str] | None = None,
    ) -> SearchPage:
        """A page of the resources that match; a text is what stands after the ? of a search URL.

        With `lenient` (`Prefer: handling=lenient`) unknown parameters are left out and named in the page's warnings.
        `compartment`, such as ("Patient", "1"), limits the search to what belongs to it. Raises `BadRequest` that
        names the parameter and what is accepted. The next page comes by the same parameters and `_cursor`, the page's
        `next`.
        """
        return await asking.search(self, type, params, lenient=lenient, compartment=compartment)

    async def run(self, query: Query) -> SearchPage:
        """A page of a search that is parsed already."""
        resolver = Resolver(self.connection, self.expand, self.related, self.access)
        page = await searching.run(self.connection, query, now=self.now, resolver=resolver)
        page = await including.including(self, page, query)
        page = self._page_shown(page)
        if query.shape == Shape():
            return page
        matches, includes = (
            [found.shaped(query.shape) for found in several] for several in (page.matches, page.includes)
        )
        return replace(page, matches=matches, includes=includes)

    def _page_shown(self, page: SearchPage) -> SearchPage:
        access = self.access
        if access is None or not access.hiding:
            return page
        matches, includes = ([self.shown(found) for found in several] for several in (page.matches, page.includes))
        return replace(page, matches=matches, includes=includes)

    def shown(self, found: Found) -> Found:
        """What was found, without the elements that are hidden from the caller."""
        return replace(
            found, content=access_to.shown(self.access, found.type, found.content, inside=bool(found.inside))
        )

    async def put_where(
        self, resource: Resource, condition: str, *, if_match: int | None = None
    ) -> tuple[Resource, bool]:
        """Updates the one resource that a search finds, or creates, and tells whether it is new.

        Raises `PreconditionFailed` where several match, `BadRequest` where the one that matches has another id than
        `resource`, `Conflict` where none matches although the id is taken.
        """
        return await conditional.update_where(self, resource, condition, if_match=if_match)

    async def delete_where(self, type: str, condition: str, *, if_match: int | None = None) -> bool:
        """Deletes the one resource that a search finds, and tells whether there was any.

        Raises `PreconditionFailed` where several match.
        """
        return await conditional.delete_where(self, type, condition, if_match=if_match)

    async def patch(self, type: str, id: str, change: Patch, *, if_match: int | None = None) -> Resource:
        """Patches the current version, with a patch such as `xinglin.store.patch.json_patch` gives.

        Raises `NotFound`, `Gone`, `PreconditionFailed`; `Invalid` for a patch that can't be applied, and for one that
        leaves an invalid resource.
        """
        return await conditional.patch(self, type, id, change, if_match=if_match)

    async def patch_where(self, type: str, condition: str, change: Patch, *, if_match: int | None = None) -> Resource:
        """Patches the one resource that a search finds. Raises as `patch` does."""
        return await conditional.patch_where(self, type, condition, change, if_match=if_match)

    async def transaction(self, bundle: Resource, *, representation: bool = False) -> Resource:
        """Carries out a Bundle of type transaction and gives the transaction-response, with the resources as they
        are stored where a `representation` is wanted.

        Raises the `FhirError` of what is wrong, with every issue below its entry, `Bundle.entry[3].resource.status`;
        the caller must then roll back, and nothing is left.
        """
        return await process_transaction(self, bundle, representation=representation)

    async def batch(self, bundle: Resource, *, representation: bool = False) -> Resource:
        """Carries out a Bundle of type batch, each entry on its own, and gives the batch-response.

        What fails is told in the entry's response. Raises `BadRequest` only where the bundle is not a batch.
        """
        return await process_batch(self, bundle, representation=representation)
