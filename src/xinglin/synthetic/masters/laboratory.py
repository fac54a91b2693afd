"""The catalogues of tests and examinations as resources: what can be ordered, from which specimen, and what is
usual."""

from collections.abc import Iterator

from xinglin.capabilities.imaging import definitions as imaging
from xinglin.capabilities.laboratory import definitions as laboratory
from xinglin.fhir.types import Resource


def catalogue() -> Iterator[Resource]:
    """What laboratory and imaging begin with."""
    yield from laboratory.resources()
    yield from imaging.resources()
