"""The collection room and the laboratory."""

from collections.abc import Mapping
from typing import Any

from xinglin.capabilities.laboratory import (
    collecting,
    entering,
    publishing,
    resources,
    sheets,
    specimens,
    values,
    views,
)
from xinglin.capabilities.laboratory.catalogue import Panel, Tube, read_panels, read_tubes
from xinglin.fhir.types import Resource
from xinglin.kernel.application import run_view
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.context import Context, reference
from xinglin.kernel.screen import screen
from xinglin.kernel.text import N_

basket = BasketSection(
    name="laboratory.basket",
    title=N_("Tests"),
    lines="laboratory.lines",
    add=("laboratory.order",),
    issue="laboratory.issue",
    table="test",
    key="F3",
    icon="flask",
    empty=N_("No test ordered yet"),
    hint=N_("Press F3 and type a name, its pinyin initials or a code."),
    void=frozenset({"CANCELLED"}),
    order=20,
)

LISTS = {"receive": views.to_receive, "enter": views.to_enter, "verify": views.to_verify, "published": views.published}


@screen(
    "laboratory.collection",
    title=N_("Collection"),
    path="/collection",
    permission="laboratory.collect",
    template="laboratory/collection.html",
    icon="syringe",
    badge="laboratory.to_collect",
    order=42,
)
async def collection(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Whose specimens are to be collected, and the tubes of the visit that is open.

    Query: `text` a name or record number, `visit` the open one.
    """
    text = query.get("text", "")
    waiting = await run_view(context, views.to_collect, {"text": text, "limit": 200})
    chosen = query.get("visit") or (waiting.rows[0].key if text and len(waiting.rows) == 1 else None)
    shown: dict[str, Any] = {
        "text": text,
        "waiting": waiting,
        "open": await _collection(context, chosen) if chosen else None,
    }
    return {**shown, "patient": shown["open"]["patient"]} if shown["open"] else shown


async def _collection(context: Context, visit: str) -> dict[str, Any]:
    """The tubes of a visit: those to be labelled, those to be filled, and those of today that were."""
    encounter = await context.read(visit)
    patient = encounter["subject"]["reference"]
    query = [("encounter", visit), ("category", views.CATEGORY), ("_sort", "_id"), ("_count", "100")]
    found = (await context.search("ServiceRequest", query)).resources
    requests = [item for item in found if views.state_of(context, item) not in ("", "DRAFT", "CREATED", "CANCELLED")]
    panels = await read_panels(context, map(resources.test_code, requests))
    tubes = await read_tubes(context, {panel.tube for panel in panels.values()})
    held = await specimens.of_requests(context, requests)
    groups: dict[str, dict[str, Any]] = {}
    for item in requests:
        panel = panels.get(resources.test_code(item))
        specimen = held.get(specimens.specimen_of(item) or "")
        group = _group(context, item, panel, specimen, tubes)
        groups.setdefault(group["key"], group)["tests"].append(item)
    shown = sorted(groups.values(), key=lambda group: (group["done"], group["accession"]))
    return {
        "visit": visit,
        "patient": await context.read(patient),
        "patient_reference": patient,
        "groups": shown,
        "unlabelled": [group for group in shown if group["state"] == "" and not group["done"]],
        "ready": [group["specimen"] for group in shown if group["state"] == "LABELLED"],
        "fasting": any(group["fasting"] for group in shown if not group["done"]),
    }


def _group(
    context: Context, item: Resource, panel: Panel | None, specimen: Resource | None, tubes: dict[str, Tube]
) -> dict[str, Any]:
    """A tube with what it is for. Tests without a labelled tube stand together by the kind that they need."""
    state = context.registry.tables["specimen"].of(specimen) if specimen else None
    waiting = views.state_of(context, item) in collecting.TO_COLLECT
    code = state.code if state and not (waiting and state.code != "LABELLED") else ""
    tube = tubes.get(panel.tube) if panel else None
    return {
        "key": reference(specimen) if specimen and code else f"{panel.tube if panel else ''}-{waiting}",
        "specimen": reference(specimen) if specimen and code else "",
        "accession": resources.accession(specimen) if specimen and code else "",
        "collected": (specimen or {}).get("collection") if code else None,
        "tube": tube,
        "state": code,
        "done": not waiting,
        "fasting": bool(panel and panel.fasting),
        "rejected": views.rejected_for(item),
        "tests": [],
    }


@screen(
    "laboratory.bench",
    title=N_("Laboratory"),
    path="/laboratory",
    permission="laboratory.work",
    template="laboratory/bench.html",
    icon="flask",
    badge="laboratory.to_enter",
    order=44,
)
async def bench(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """Specimens to receive, tests to enter and to verify, what was published, critical findings; and the open one.

    Query: `list` one of receive, enter, verify, published and critical; `order` the open test; `text` a specimen's
    number.
    """
    chosen = query.get("list") if query.get("list") in {*LISTS, "critical"} else "receive"
    shown: dict[str, Any] = {
        "list": chosen,
        "pages": {name: await run_view(context, view, {"limit": 200}) for name, view in LISTS.items()},
        "critical": await run_view(context, context.registry.views["critical.log"], {"limit": 100}),
        "text": query.get("text", "").strip(),
        "test": None,
    }
    wanted = query.get("order") or _found(shown)
    if wanted and chosen not in ("receive", "critical"):
        shown["test"] = await _test(context, wanted)
        shown["patient"] = shown["test"]["patient"]
    return shown


def _found(shown: dict[str, Any]) -> str | None:
    """The test of the list whose specimen bears the number that somebody has scanned."""
    if not shown["text"] or shown["list"] not in LISTS or shown["list"] == "receive":
        return None
    rows = shown["pages"][shown["list"]].rows
    return next((row.key for row in rows if row.accession == shown["text"]), None)


async def _test(context: Context, name: str) -> dict[str, Any]:
    """A test with its values, as they are entered or published."""
    request = await context.read(name)
    sheet = await entering.read_sheet(context, request)
    report = await publishing.published_report(context, request)
    published = await publishing.results_of(context, report)
    worksheet = sheet.worksheet
    return {
        "reference": name,
        "request": request,
        "state": views.state_of(context, request),
        "patient": await context.read(request["subject"]["reference"]),
        "specimen": sheet.specimen,
        "accession": resources.accession(sheet.specimen) if sheet.specimen else "",
        "report": report,
        "lines": sheets.rows(sheet, published),
        "values": {code: values.text_of(item) for code, item in sheet.held.items() if "method" not in item},
        "comment": str((worksheet or report or {}).get("conclusion", "")),
        "entered_by": ((worksheet or {}).get("performer") or [{}])[0].get("display", ""),
        "own": worksheet is not None and publishing.who_entered(worksheet) == context.actor.practitioner,
        "corrected_for": resources.extension(worksheet or {}, resources.CORRECTED_FOR).get("valueString", ""),
    }
