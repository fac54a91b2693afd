"""Counting a day: pure sums over the day's resources."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from statistics import median

from xinglin.fhir import build
from xinglin.fhir.types import Resource

INSURANCE = "urn:xinglin:code:insurance"


@dataclass
class Clinic:
    """A clinic's day: visits by where they stand, minutes that patients waited, and patients who did not come."""

    visits: int = 0
    waiting: int = 0
    consulting: int = 0
    done: int = 0
    cancelled: int = 0
    waits: list[int] = field(default_factory=list)

    @property
    def wait(self) -> int | None:
        """Minutes that half of the patients waited at most."""
        return round(median(self.waits)) if self.waits else None


def clinic_of(visit: Resource) -> str:
    """The clinic of a visit, as people call it."""
    return build.concept_text(visit.get("serviceType")) or "—"


def begin_of(visit: Resource, zone: tzinfo) -> datetime | None:
    """When a visit was to begin, or began."""
    text = str((visit.get("period") or {}).get("start", ""))
    return datetime.fromisoformat(text).astimezone(zone) if len(text) > 10 else None


def waits(visits: Iterable[Resource], places: Iterable[Resource]) -> dict[str, int]:
    """Minutes from check-in to consultation by visit, for those that have been seen."""
    seen = {f"Encounter/{visit['id']}": visit for visit in visits if visit["status"] in ("in-progress", "finished")}
    found = {}
    for place in places:
        visit = seen.get((place.get("focus") or {}).get("reference", ""))
        start = str((visit or {}).get("period", {}).get("start", ""))
        if visit is None or len(start) <= 10:
            continue
        minutes = (datetime.fromisoformat(start) - datetime.fromisoformat(place["authoredOn"])).total_seconds() / 60
        if minutes >= 0:
            found[f"Encounter/{visit['id']}"] = round(minutes)
    return found


def by_clinic(visits: Iterable[Resource], waited: Mapping[str, int]) -> dict[str, Clinic]:
    """Visits of a day by clinic."""
    found: dict[str, Clinic] = defaultdict(Clinic)
    for visit in visits:
        clinic = found[clinic_of(visit)]
        status = visit["status"]
        clinic.cancelled += status == "cancelled"
        clinic.visits += status != "cancelled"
        clinic.waiting += status == "arrived"
        clinic.consulting += status == "in-progress"
        clinic.done += status == "finished"
        minutes = waited.get(f"Encounter/{visit['id']}")
        if minutes is not None:
            clinic.waits.append(minutes)
    return dict(found)


def by_hour(visits: Iterable[Resource], zone: tzinfo) -> Counter[int]:
    """Visits of a day by the hour in which they begin."""
    begins = (begin_of(visit, zone) for visit in visits if visit["status"] != "cancelled")
    return Counter(begin.hour for begin in begins if begin is not None)


def income(
    invoices: Iterable[Resource], charges: Mapping[str, Resource], groups: Mapping[str, str]
) -> dict[str, Decimal]:
    """Income less refunds by group: `groups` names the group of a visit, by `Encounter/…`."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        for line in invoice.get("lineItem") or ():
            charge = charges.get((line.get("chargeItemReference") or {}).get("reference", ""), {})
            visit = (charge.get("context") or {}).get("reference", "")
            for part in line.get("priceComponent") or ():
                if part.get("type") == "base":
                    found[groups.get(visit, "—")] += build.amount(part.get("amount"))
    return dict(found)
