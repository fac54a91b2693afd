"""A CodeSystem of the store, made searchable for somebody who types three letters and presses Enter."""

from dataclasses import dataclass

from xinglin.store.cursors import execute
from xinglin.store.repository import Repository
from xinglin.terminology import finding
from xinglin.terminology.concepts import Concept
from xinglin.terminology.index import CodeSystem, code_system_by_id, queries


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The concepts of one code system."""

    repository: Repository
    system: CodeSystem

    async def get(self, code: str) -> Concept | None:
        """The concept with exactly this code."""
        wanted = {"system": self.system.number, "code": code}
        row = await (await execute(self.repository.connection, queries.concept, wanted)).fetchone()
        return Concept(self.system.url, row[0], row[1]) if row else None

    async def find(self, text: str, limit: int = 20) -> list[Concept]:
        """At most `limit` concepts whose code, name, pinyin or initials fit `text`, best first; the first ones of the
        system for blank text."""
        return await finding.find(self.repository.connection, self.system, text, limit)


async def catalogue(repository: Repository, id: str) -> Catalogue:
    """The catalogue of the stored `CodeSystem/id`, as it is now.

    Raises:
        NotFound: the store holds no such code system.
    """
    return Catalogue(repository, await code_system_by_id(repository, id))
