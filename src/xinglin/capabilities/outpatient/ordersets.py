"""Order sets: diagnoses, orders and sentences of the record that belong together, brought into a visit at once.

A set is an R4 PlanDefinition of a doctor or a department. Each entry is an action: its code says what it is, its inputs
are those of the command that brings it in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from pydantic.config import JsonDict

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.capabilities.outpatient.phrases import department_of, owner_of
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Alerted, Refused
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, view
from xinglin.platform.i18n import gettext as _

OWNER = "urn:xinglin:owner"
ENTRY = "urn:xinglin:code:order-set-entry"
COMMAND = "urn:xinglin:extension:command"
INPUT = "urn:xinglin:extension:command-input"
KIND = build.concept("http://terminology.hl7.org/CodeSystem/plan-definition-type", "order-set", "Order Set")
DIAGNOSIS, NOTE, ORDER = "diagnosis", "note", "order"
MOST = 60
HIDDEN: JsonDict = {"widget": "hidden"}


@dataclass(frozen=True)
class Entry:
    """One entry: what it is, in words, and the command that brings it in with its input but for the visit."""

    kind: str
    text: str
    command: str
    values: dict[str, str]

    def to_action(self) -> Json:
        """As an action."""
        inputs: list[Json] = [
            {"url": INPUT, "extension": [{"url": "name", "valueString": name}, {"url": "value", "valueString": value}]}
            for name, value in self.values.items()
        ]
        return {
            "extension": [{"url": COMMAND, "valueString": self.command}, *inputs],
            "title": self.text[:200],
            "code": [build.concept(ENTRY, self.kind)],
        }

    @classmethod
    def from_action(cls, action: Json) -> "Entry":
        """From an action."""
        command, values = "", {}
        for extension in action.get("extension") or ():
            if extension["url"] == COMMAND:
                command = str(extension["valueString"])
            elif extension["url"] == INPUT:
                parts = {part["url"]: str(part["valueString"]) for part in extension["extension"]}
                values[parts["name"]] = parts["value"]
        kind = build.first_code((action.get("code") or [None])[0], ENTRY) or ORDER
        return cls(kind, str(action.get("title", "")), command, values)


def entries(plan: Resource) -> list[Entry]:
    """The entries of a set in their order."""
    return [Entry.from_action(action) for action in plan.get("action") or ()]


class KeepSet(VisitStep):
    """A set made of what a visit holds now."""

    title: str = Field(title=N_("Title"), min_length=2, max_length=60)
    note: bool = Field(True, title=N_("With the sentences of the record"))
    shared: bool = Field(False, title=N_("For the whole department"))


@command(
    "outpatient.keep_set",
    title=N_("Keep as order set"),
    permission="outpatient.treat",
    done=N_("Order set kept"),
    tone="primary",
)
async def keep_set(context: Context, input: KeepSet) -> Resource:
    """Keeps diagnoses, orders and record of an own visit as an order set; one of the same title is replaced."""
    encounter = await context.read(input.visit)
    visits.own_visit(context, encounter)
    owner = owner_of(context, input.shared)
    held = [*await _diagnoses(context, encounter), *await _orders(context, input.visit)]
    if input.note:
        held += await _sentences(context, input.visit)
    if not held:
        raise Refused(_("The visit holds nothing yet that a set could be made of"))
    if len(held) > MOST:
        raise Refused(_("A set has at most {count} entries").format(count=MOST))
    made = {
        "resourceType": "PlanDefinition",
        "meta": {"tag": [{"system": OWNER, "code": _tag(owner)}]},
        "title": input.title,
        "type": KIND,
        "status": "active",
        "date": build.instant(context.now),
        "action": [entry.to_action() for entry in held],
    }
    await context.lock(f"sets-{owner}")
    query = [("_tag", f"{OWNER}|{_tag(owner)}"), ("title:exact", input.title), ("_count", "1")]
    same = (await context.search("PlanDefinition", query)).resources
    if same:
        return await context.update({**made, "id": same[0]["id"], "meta": same[0]["meta"]})
    return await context.create(made)


def _tag(owner: str) -> str:
    return owner.partition("/")[2]


async def _diagnoses(context: Context, encounter: Resource) -> list[Entry]:
    found = []
    for condition in await visits.diagnoses(context, encounter):
        name, code = build.concept_text(condition["code"]), build.first_code(condition["code"], resources.ICD10)
        if code:
            found.append(Entry(DIAGNOSIS, f"{name} {code}", "outpatient.diagnose", {"code": code}))
    return found


async def _orders(context: Context, visit: str) -> list[Entry]:
    found = []
    for section in context.registry.baskets.values():
        lines = context.registry.views[section.lines]
        page = await lines.run(context, lines.filter.model_validate({"visit": visit, "limit": 100}))
        for row in page.rows:
            again = getattr(row, "again", None)
            if again and row.state not in section.void:
                found.append(Entry(ORDER, f"{row.headline} · {row.instruction}", section.add[0], again))
    return found


async def _sentences(context: Context, visit: str) -> list[Entry]:
    note = resources.note_values(await visits.composition(context, visit))
    return [
        Entry(NOTE, f"{resources.SECTIONS[field][1]}：{text}", "outpatient.write_note", {field: text})
        for field, text in note.items()
        if text
    ]


class OfSet(Input):
    """An order set."""

    plan: str = Field(title=N_("Order set"), pattern=r"^PlanDefinition/", json_schema_extra=HIDDEN)


async def _own(context: Context, plan: str) -> Resource:
    held = await context.read(plan, lock=True)
    tags = {tag.get("code") for tag in (held.get("meta") or {}).get("tag") or () if tag.get("system") == OWNER}
    if not tags & {_tag(owner) for owner in (context.actor.practitioner, department_of(context)) if owner}:
        raise Refused(_("This order set is neither yours nor your department's"))
    return held


@command(
    "outpatient.drop_set",
    title=N_("Remove"),
    permission="outpatient.treat",
    done=N_("Order set removed"),
    tone="danger",
    confirm=N_("Remove this order set?"),
)
async def drop_set(context: Context, input: OfSet) -> Resource:
    """Removes an order set of the caller's own or the department's; what was ordered with it stays."""
    held = await _own(context, input.plan)
    await context.delete(held)
    return held


class DropEntry(OfSet):
    """An entry of an order set by its place."""

    entry: int = Field(title=N_("Entry"), ge=0, json_schema_extra=HIDDEN)


@command("outpatient.drop_entry", title=N_("Remove"), permission="outpatient.treat", done=N_("Entry removed"))
async def drop_entry(context: Context, input: DropEntry) -> Resource:
    """Removes an entry from an order set; the last one goes with the set."""
    held = await _own(context, input.plan)
    actions = list(held.get("action") or ())
    if input.entry >= len(actions) or len(actions) == 1:
        raise Refused(_("There is no such entry, or it is the last one"), expression="entry")
    return await context.update({**held, "action": [*actions[: input.entry], *actions[input.entry + 1 :]]})


class ApplySet(VisitStep, OfSet):
    """What of an order set comes into a visit; entries by their places."""

    entries: list[int] = Field(
        default_factory=list,
        title=N_("Entries"),
        max_length=MOST,
        json_schema_extra={"widget": "checks", "source": "outpatient.set_entries", "narrowed": ["plan"]},
    )
    reason: str | None = Field(
        None, title=N_("Reason to go on"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "outpatient.apply_set",
    title=N_("Bring into the visit"),
    permission="outpatient.treat",
    done=N_("Brought in; please check it"),
    tone="primary",
)
async def apply_set(context: Context, input: ApplySet) -> Resource:
    """Brings chosen entries of an order set into a visit in consultation.

    Every order passes all checks. Findings of all of them are shown together, and nothing is brought in until they
    are settled: with a reason for warnings, by leaving out what is blocked. Diagnoses that the visit has already are
    left as they are, sentences go into empty fields of the record only.
    """
    encounter = await visits.in_consultation(context, input.visit)
    held = entries(await context.read(input.plan))
    if not input.entries or max(input.entries) >= len(held) or min(input.entries) < 0:
        raise Refused(_("Choose what to bring in"), expression="entries")
    chosen = [held[place] for place in sorted(set(input.entries))]
    await _bring_sentences(context, input.visit, [entry for entry in chosen if entry.kind == NOTE])
    known = {build.first_code(item["code"]) for item in await visits.diagnoses(context, encounter)}
    alerts: list[Alert] = []
    for entry in chosen:
        if entry.kind == NOTE or (entry.kind == DIAGNOSIS and entry.values.get("code") in known):
            continue
        alerts += await _bring(context, input, entry)
    if alerts:
        raise Alerted(alerts)
    return await context.read(input.visit)


async def _bring(context: Context, input: ApplySet, entry: Entry) -> Sequence[Alert]:
    """Runs an entry's command; returns the findings that stood against it."""
    offered = {"outpatient.diagnose", *(name for section in context.registry.baskets.values() for name in section.add)}
    if entry.command not in offered:
        raise Refused(_("“{entry}” can't be ordered any more").format(entry=entry.text), expression="entries")
    values: dict[str, Any] = dict(entry.values)
    if "reason" in context.registry.commands[entry.command].input.model_fields:
        values["reason"] = input.reason
    try:
        await context.call(entry.command, visit=input.visit, **values)
    except Alerted as found:
        return found.alerts
    return ()


async def _bring_sentences(context: Context, visit: str, sentences: Sequence[Entry]) -> None:
    note = resources.note_values(await visits.composition(context, visit))
    merged = dict(note)
    for entry in sentences:
        for field, text in entry.values.items():
            if field in merged and not merged[field]:
                merged[field] = text
    if merged != note:
        given = {field: text for field, text in merged.items() if text}
        await context.call("outpatient.write_note", visit=visit, **given)


class SetRow(Row):
    """An order set."""

    name: str = Field(title=N_("Order set"))
    count: int = Field(title=N_("Entries"), json_schema_extra={"kind": "number"})
    scope: str = Field(title=N_("Whose"))


@view(
    "outpatient.sets",
    title=N_("Order sets"),
    permission="outpatient.treat",
    row=SetRow,
    empty=N_("No order sets yet"),
)
async def sets(context: Context, filter: Filter) -> Page[SetRow]:
    """Order sets of the doctor and of the department of the post in force, by title."""
    owners = {owner: _tag(owner) for owner in (context.actor.practitioner, department_of(context)) if owner}
    if not owners:
        return Page([], total=0)
    tags = ",".join(f"{OWNER}|{tag}" for tag in owners.values())
    query = [("_tag", tags), ("_sort", "title"), ("_count", str(filter.limit))]
    found = await context.search("PlanDefinition", query)
    own = _tag(str(context.actor.practitioner))
    rows = []
    for item in found.resources:
        mine = own in {tag.get("code") for tag in item["meta"]["tag"] if tag.get("system") == OWNER}
        scope = _("My own") if mine else _("Department")
        rows.append(SetRow(key=reference(item), name=item["title"], count=len(item["action"]), scope=scope))
    return Page(rows, found.next)


class OfPlan(Filter):
    """An order set."""

    plan: str = Field(title=N_("Order set"), pattern=r"^PlanDefinition/")


class EntryRow(Row):
    """An entry of an order set; the key is its place."""

    text: str = Field(title=N_("Entry"))
    kind: str = Field(title=N_("Kind"), json_schema_extra={"kind": "code"})


@view(
    "outpatient.set_entries",
    title=N_("Entries of an order set"),
    permission="outpatient.treat",
    row=EntryRow,
    empty=N_("No entries"),
)
async def set_entries(context: Context, filter: OfPlan) -> Page[EntryRow]:
    """The entries of an order set in their order."""
    held = entries(await context.read(filter.plan))
    rows = [EntryRow(key=str(place), text=entry.text, kind=entry.kind) for place, entry in enumerate(held)]
    return Page(rows[: filter.limit], total=len(rows))
