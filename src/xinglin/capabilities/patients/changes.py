"""The history of a patient's master record, in words."""

from typing import Any

from xinglin.capabilities.patients.demographics import Fact, facts, number_name
from xinglin.capabilities.patients.manifests import ACTIVITY, versioned
from xinglin.capabilities.patients.resources import author
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

TITLES = {
    "register": N_("Registered"),
    "merge": N_("Merged with another record"),
    "unmerge": N_("Merge undone"),
    "add-number": N_("Card added"),
    "retire-number": N_("Card withdrawn"),
    "set-photo": N_("Photo set"),
    "record-death": N_("Death recorded"),
    "revoke-death": N_("The patient is recorded as alive"),
}
CODES = {"male": N_("Male"), "female": N_("Female"), "other": N_("Other"), "unknown": N_("Unknown")}


async def record(
    context: Context, written: Resource, activity: str, reason: str = "", before: Resource | None = None
) -> None:
    """Puts on record, as a Provenance, who wrote this version of a Patient, in place of which one, and why."""
    await context.unlimited().create(
        build.without_empty(
            {
                "resourceType": "Provenance",
                "target": [build.reference(versioned(written))],
                "recorded": build.instant(context.now),
                "activity": {"coding": [build.coding(ACTIVITY, activity)]},
                "reason": [{"text": reason}] if reason else [],
                "agent": [{"who": author(context) or {"display": context.actor.name}}],
                "entity": [{"role": "revision", "what": build.reference(versioned(before))}] if before else [],
            }
        )
    )


async def history(context: Context, patient: Resource) -> list[dict[str, Any]]:
    """The versions of a Patient, the newest first: `at` (to the minute, in the hospital's zone), `who`, `what` in
    words, `reason`, `version`.

    Who changed what is told to whoever sees the record.
    """
    name = reference(patient)
    versions = [(each, each.resource) for each in await context.repository.history("Patient", patient["id"])]
    notes = await _notes(context, name)
    found = []
    for index, (version, resource) in enumerate(versions):
        before = versions[index + 1][1] if index + 1 < len(versions) else None
        note = notes.get(f"{name}/_history/{version.version}", {})
        activity = build.first_code(note.get("activity"))
        changed = _told(before, resource)
        title = [_(TITLES[activity])] if activity in TITLES else []
        found.append(
            {
                "key": f"{name}/_history/{version.version}",
                "at": f"{version.updated.astimezone(context.zone):%Y-%m-%d %H:%M}",
                "who": "、".join(str(each["who"].get("display", "")) for each in note.get("agent") or ()),
                "what": "；".join([*title, *changed]) or (_("Other elements") if before else _("Taken over")),
                "reason": "；".join(str(each.get("text", "")) for each in note.get("reason") or ()),
                "version": version.version,
            }
        )
    return found


async def _notes(context: Context, patient: str) -> dict[str, Resource]:
    query = [("target", patient), ("_sort", "-recorded"), ("_count", "500")]
    found = (await context.unlimited().search("Provenance", query)).resources
    return {str(target["reference"]): each for each in found for target in each["target"] if "activity" in each}


def _told(before: Resource | None, after: Resource | None) -> list[str]:
    if before is None or after is None:
        return []
    pairs = zip(facts(before), facts(after), strict=False)
    told = [
        _("{title}: {before} → {after}").format(title=_(now.title), before=_word(was) or "—", after=_word(now) or "—")
        for was, now in pairs
        if was.title == now.title and was.text != now.text
    ]
    numbers = [each for each in after.get("identifier") or () if each not in (before.get("identifier") or ())]
    return [*told, *(f"{number_name(each)} {each.get('value', '')}" for each in numbers)]


def _word(fact: Fact) -> str:
    return _(CODES.get(fact.text, fact.text)) if fact.code and fact.text else fact.text
