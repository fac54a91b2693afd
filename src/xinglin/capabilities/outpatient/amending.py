"""What a signed record said before it was changed, passage by passage."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from xinglin.capabilities.outpatient import resources
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

_TOKEN = re.compile(r"[A-Za-z]+|[0-9.]+|\s+|.", re.DOTALL)
SIGNED = {"final", "amended"}

Kind = Literal["same", "gone", "new"]


@dataclass(frozen=True)
class Change:
    """A section of the record that differs: its field, and its text in pieces that stayed, went or came."""

    field: str
    pieces: tuple[tuple[Kind, str], ...]


def compared(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """The sections that differ, in the order of `after`."""
    return [
        Change(field, tuple(pieces(before.get(field, ""), text)))
        for field, text in after.items()
        if text != before.get(field, "")
    ]


def pieces(before: str, after: str) -> list[tuple[Kind, str]]:
    """`after` beside `before`: pieces of text with what became of each. Words and numbers are changed as a whole."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    found: list[tuple[Kind, str]] = []
    for step, start, end, other_start, other_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if step == "equal":
            found.append(("same", "".join(old[start:end])))
            continue
        if start < end:
            found.append(("gone", "".join(old[start:end])))
        if other_start < other_end:
            found.append(("new", "".join(new[other_start:other_end])))
    return found


async def since_signature(context: Context, composition: Resource | None) -> list[Change]:
    """What differs from the version that was signed before this one; empty where none was, or nothing does."""
    if composition is None or not composition.get("attester"):
        return []
    if composition["status"] == "final":
        return []
    number = int(composition["meta"]["versionId"])
    for version in await context.repository.history("Composition", composition["id"]):
        earlier = version.resource
        if version.version < number and earlier is not None and earlier["status"] in SIGNED:
            return compared(resources.note_values(earlier), resources.note_values(composition))
    return []
