"""The board: who is in, who is called, who is next. Names are masked before they leave this module."""

from datetime import datetime

from pydantic import Field

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view

QUEUE_NUMBER = "urn:xinglin:id:queue"
STATES = ("CALLED", "SERVING", "WAITING")
NEXT = 3
"""How many of those who wait a board names."""


def masked(name: str) -> str:
    """A name of which people who wait recognise their own, and others learn little: 张三 → 张*, 张建国 → 张*国.

    Of other names the first letter of each part stays.
    """
    name = name.strip()
    if not name:
        return "*"
    if name.isascii():
        return " ".join(f"{part[0]}***" for part in name.split())
    if len(name) <= 2:
        return f"{name[0]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


class Board(Filter):
    """One clinic where one is wanted."""

    clinic: str | None = Field(None, title=N_("Clinic"), max_length=80)


class BoardRow(Row):
    """A doctor with those who are called, with the doctor, and next. Each is a number and a masked name.

    `call` changes with every call, also a repeated one.
    """

    clinic: str = Field(title=N_("Clinic"))
    doctor: str = Field(title=N_("Doctor"))
    room: str = Field(title=N_("Room"))
    called: str = Field(title=N_("Called"))
    serving: str = Field(title=N_("With the doctor"))
    next: str = Field(title=N_("Next"))
    waiting: int = Field(title=N_("Waiting"), json_schema_extra={"kind": "number"})
    call: str = Field(title=N_("Call"), json_schema_extra={"hidden": True})
    called_at: str = Field(title=N_("Time"), json_schema_extra={"hidden": True})


@view("display.board", title=N_("Waiting-room display"), permission="display.read", row=BoardRow)
async def board(context: Context, filter: Board) -> Page[BoardRow]:
    """Today's doctors with somebody in their queue, the latest call first; names are masked."""
    table = context.registry.tables["queue"]
    tags = ",".join(table.tag(code) for code in STATES)
    query = [("_tag", tags), *context.on_day("authored-on", context.today), ("_sort", "authored-on")]
    places = (await context.search("Task", [*query, ("_count", "1000")])).resources
    by_owner: dict[str, list[Resource]] = {}
    for place in places:
        by_owner.setdefault(place["owner"]["reference"], []).append(place)
    clinics = await _clinics(context)
    rows = [_row(context, owner, held, clinics.get(owner)) for owner, held in by_owner.items() if clinics.get(owner)]
    wanted = [row for row in rows if filter.clinic in (None, row.clinic)]
    wanted.sort(key=lambda row: (row.clinic, row.doctor))
    wanted.sort(key=lambda row: row.called_at, reverse=True)
    return Page(wanted[: filter.limit], total=len(wanted))


async def _clinics(context: Context) -> dict[str, Resource]:
    """The Schedule of each doctor."""
    found = await context.search("Schedule", [("active", "true"), ("_sort", "_id"), ("_count", "1000")])
    doctors: dict[str, Resource] = {}
    for schedule in found.resources:
        for actor in schedule.get("actor") or ():
            if actor["reference"].startswith("Practitioner/"):
                doctors.setdefault(actor["reference"], schedule)
    return doctors


def _row(context: Context, owner: str, places: list[Resource], schedule: Resource | None) -> BoardRow:
    assert schedule is not None
    table = context.registry.tables["queue"]
    held: dict[str, list[Resource]] = {code: [] for code in STATES}
    for place in sorted(places, key=_rank):
        state = table.of(place)
        held[state.code if state else "WAITING"].append(place)
    calls = sorted(held["CALLED"], key=lambda place: str(place["lastModified"]), reverse=True)
    actors = {actor["reference"].partition("/")[0]: str(actor.get("display", "")) for actor in schedule["actor"]}
    return BoardRow(
        key=owner,
        clinic=build.concept_text((schedule.get("specialty") or [None])[0]),
        doctor=actors.get("Practitioner", ""),
        room=_room([*calls, *held["SERVING"], *held["WAITING"]]) or actors.get("Location", ""),
        called=_names(calls),
        serving=_names(held["SERVING"]),
        next=_names(held["WAITING"][:NEXT]),
        waiting=len(held["WAITING"]),
        call=f"{calls[0]['id']}/{calls[0]['meta']['versionId']}" if calls else "",
        called_at=str(calls[0]["lastModified"]) if calls else "",
    )


def _room(places: list[Resource]) -> str:
    """The room to which the first of some places is called."""
    rooms = (str(place.get("location", {}).get("display", "")) for place in places)
    return next((room for room in rooms if room), "")


def _rank(place: Resource) -> tuple[int, datetime, str]:
    """The order of a queue: triage levels I and II, then the time from which a place counts."""
    start = (place.get("restriction") or {}).get("period", {}).get("start") or place["authoredOn"]
    ahead = {"stat": 0, "asap": 1}.get(str(place.get("priority")), 2)
    return ahead, datetime.fromisoformat(start), str(place["authoredOn"])


def _names(places: list[Resource]) -> str:
    """Numbers and masked names, such as `012 张*国`."""
    numbers = ((build.find_identifier(place, QUEUE_NUMBER) or "", place["for"].get("display", "")) for place in places)
    return "、".join(f"{number} {masked(str(name))}" for number, name in numbers)
