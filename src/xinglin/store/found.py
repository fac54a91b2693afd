"""What a search finds: resources as they are stored, read only where somebody looks into them.

Most pages are only passed on, and reading and writing their JSON again took half of a search's time.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from xinglin.fhir import json
from xinglin.fhir.search.query import Shape
from xinglin.fhir.search.shapes import shaped
from xinglin.fhir.types import Json, Resource


@dataclass(frozen=True)
class Found:
    """A resource that was found, with its JSON text.

    What is contained in another one has the type and id of that one, and its own id as `inside`.
    """

    type: str
    id: str
    content: bytes
    inside: str = ""

    @property
    def name(self) -> str:
        """Where it is: `Type/id`, or `Type/id#id` within another one."""
        return f"{self.type}/{self.id}{self.inside and f'#{self.inside}'}"

    @cached_property
    def resource(self) -> Resource:
        """The resource, for those who look into it."""
        resource: Resource = json.loads(self.content)
        return resource

    def passed_on(self, *, as_stored: bool) -> Json:
        """What stands for the resource in a bundle: the text unread, where that is wanted, else the resource."""
        return json.raw(self.content) if as_stored else self.resource

    def shaped(self, shape: Shape) -> "Found":
        """The same cut to a shape (`_summary`, `_elements`)."""
        return replace(self, content=json.dumps(shaped(self.resource, shape)))
