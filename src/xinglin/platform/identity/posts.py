"""Posts: what somebody works as, in which department and on which campus.

A post is a PractitionerRole (FHIR R4): `practitioner`, the department as `organization`, the campus as `location`, the
house's roles as `code`, and the `period` in which it is in force.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from xinglin.fhir.search.dates import EARLIEST, LATEST, span
from xinglin.fhir.types import Resource
from xinglin.store.repository import Repository

ROLE = "urn:xinglin:role"
"""The system of the house's roles in `PractitionerRole.code`."""

RESERVED = frozenset({"administrator", "custodian", "integrator", "system"})
"""Roles that a post gives only to an account that has them itself: who may write PractitionerRoles by FHIR must not
make themselves more than they are."""

MOST = 100
"""Posts of one person that are looked at."""

Connection = psycopg.AsyncConnection[Any]


@dataclass(frozen=True)
class Post:
    """A post in force. `reference` is like `PractitionerRole/123`, `department` like `Organization/1` and `campus` like
    `Location/2`; `title` is what people call it."""

    reference: str
    roles: tuple[str, ...]
    department: str | None
    campus: str | None
    title: str = ""


def post_of(resource: Resource, now: datetime) -> Post | None:
    """The post that a PractitionerRole is; None where it is not in force. Its dates are days in the zone of `now`."""
    if not resource.get("active", True) or not _within(resource.get("period") or {}, now):
        return None
    codings = [coding for concept in resource.get("code") or () for coding in concept.get("coding") or ()]
    department = resource.get("organization") or {}
    campus: Resource = next(iter(resource.get("location") or ()), {})
    titles = [str(part["display"]) for part in (department, campus) if part.get("display")]
    return Post(
        reference=f"PractitionerRole/{resource['id']}",
        roles=tuple(dict.fromkeys(str(coding["code"]) for coding in codings if coding.get("system") == ROLE)),
        department=department.get("reference"),
        campus=campus.get("reference"),
        title=" · ".join(titles),
    )


def _within(period: Resource, now: datetime) -> bool:
    start = span(str(period["start"]), now.tzinfo).low if "start" in period else EARLIEST
    end = span(str(period["end"]), now.tzinfo).high if "end" in period else LATEST
    return start <= now < end


async def posts_of(connection: Connection, practitioner: str | None, now: datetime) -> tuple[list[Post], bool]:
    """The posts of a practitioner (`Practitioner/1`) that are in force, the first given first, and whether
    there ever was one."""
    if practitioner is None:
        return [], False
    query = [("practitioner", practitioner), ("_count", str(MOST))]
    # unlimited: read to find out in which posts somebody works.
    found = (await Repository(connection, now=now).search("PractitionerRole", query)).resources
    posts = [post for post in (post_of(resource, now) for resource in found) if post is not None]
    return posts, bool(found)
