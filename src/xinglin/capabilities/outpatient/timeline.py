"""The visits and stays of a patient, with what happened in each: a page of them by five searches, however many."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from xinglin.capabilities.outpatient import chart
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference

ENTRIES = 15
"""Encounters on a page."""
READ = 300
"""Medicines, results or diagnoses that one page reads at most."""
CLASSES = ("AMB", "EMER", "IMP")
"""Kinds of encounters that can be chosen (v3-ActCode)."""


@dataclass
class Event:
    """An encounter and what happened in it. `abnormal` are results outside of their range, `results` counts all."""

    encounter: Resource
    diagnoses: list[str] = field(default_factory=list)
    medicines: list[Resource] = field(default_factory=list)
    abnormal: list[chart.Result] = field(default_factory=list)
    results: int = 0

    @property
    def reference(self) -> str:
        """The encounter's reference."""
        return reference(self.encounter)


@dataclass(frozen=True)
class Timeline:
    """A page of events, the newest first; `next` the cursor of older ones, `years` those that can be jumped to."""

    events: list[Event]
    next: str | None
    years: list[int]


async def timeline(context: Context, patient: str, kind: str, until: str, cursor: str | None) -> Timeline:
    """Encounters of a patient. `kind` one of `CLASSES` or blank for all, `until` a year to begin from or blank."""
    query = [("patient", patient), ("status:not", "planned,cancelled,entered-in-error"), ("_sort", "-date")]
    if kind in CLASSES:
        query.append(("class", kind))
    if until.isdecimal() and len(until) == 4:
        query.append(("date", f"le{until}"))
    page = [*query, ("_count", str(ENTRIES)), *([("_cursor", cursor)] if cursor else [])]
    found = await context.search("Encounter", page)
    events = {reference(item): Event(item) for item in found.resources}
    if events:
        await _fill(context, patient, events)
    return Timeline(list(events.values()), found.next, await _years(context, patient))


async def _fill(context: Context, patient: str, events: dict[str, Event]) -> None:
    about = [("patient", patient), ("encounter", ",".join(events)), ("_count", str(READ))]
    for item in (await context.search("MedicationRequest", [*about, ("_sort", "_id")])).resources:
        if item.get("status") not in ("cancelled", "draft", "entered-in-error"):
            events[item["encounter"]["reference"]].medicines.append(item)
    for item in (await context.search("Observation", [*about, ("category", "laboratory")])).resources:
        event, shown = events[item["encounter"]["reference"]], chart.result(item)
        if shown is not None:
            event.results += 1
            if shown.flag:
                event.abnormal.append(shown)
    conditions = (await context.search("Condition", [*about, ("category", "encounter-diagnosis")])).resources
    _diagnoses(events, conditions)


def _diagnoses(events: dict[str, Event], conditions: Iterable[Resource]) -> None:
    """The diagnoses in the order of the encounter, then those that it does not list."""
    told = {reference(item): build.concept_text(item.get("code")) for item in conditions if _holds(item)}
    homes = {reference(item): item["encounter"]["reference"] for item in conditions}
    for event in events.values():
        listed = [str(entry["condition"].get("reference", "")) for entry in event.encounter.get("diagnosis") or ()]
        others = [condition for condition, home in homes.items() if home == event.reference and condition in told]
        names = (told.get(condition, "") for condition in dict.fromkeys([*listed, *others]))
        event.diagnoses = [name for name in dict.fromkeys(names) if name]


def _holds(condition: Resource) -> bool:
    return build.first_code(condition.get("verificationStatus")) not in ("entered-in-error", "refuted")


async def _years(context: Context, patient: str) -> list[int]:
    """The years from the patient's first encounter until now, the newest first; at most twelve."""
    first = await context.search("Encounter", [("patient", patient), ("_sort", "date"), ("_count", "1")])
    start = str((first.resources[0].get("period") or {}).get("start", "")) if first.resources else ""
    if not start[:4].isdecimal():
        return []
    return list(range(context.today.year, max(int(start[:4]), context.today.year - 11) - 1, -1))
