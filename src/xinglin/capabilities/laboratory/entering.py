"""Entering results: by a technician in a grid, or by an instrument for what its tube holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from xinglin.capabilities.laboratory import formulas, resources, specimens, values
from xinglin.capabilities.laboratory.catalogue import TEST, Analyte, Panel, read_analytes, read_panel
from xinglin.capabilities.laboratory.ordering import OneOrder
from xinglin.capabilities.laboratory.values import Person, Value
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest, Issue
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import MULTILINE, Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Alert, Refused, demand_reason
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

DELTA_DAYS = 7


@dataclass(frozen=True)
class Sheet:
    """What is needed to enter or judge the results of one test. `held` are the values that stand on its worksheet,
    `last` the patient's last published result of each analyte."""

    request: Resource
    panel: Panel
    analytes: dict[str, Analyte]
    person: Person
    specimen: Resource | None
    worksheet: Resource | None
    last: dict[str, Resource]

    @property
    def held(self) -> dict[str, Resource]:
        """The observations on the worksheet by analyte."""
        return {each["id"]: each for each in (self.worksheet or {}).get("contained") or ()}

    @property
    def measured(self) -> list[Analyte]:
        """What must be entered: all that is not worked out."""
        return [each for each in self.analytes.values() if not each.formula]


async def read_sheet(context: Context, request: Resource) -> Sheet:
    """The sheet of a test as it stands."""
    panel = await read_panel(context, resources.test_code(request))
    analytes = await read_analytes(context, panel)
    patient = await context.read(request["subject"]["reference"])
    named = specimens.specimen_of(request)
    person = Person(str(patient.get("gender", "")), build.age_in_years(patient.get("birthDate"), context.today))
    return Sheet(
        request,
        panel,
        analytes,
        person,
        await context.read(named) if named else None,
        await worksheet_of(context, request),
        await last_results(context, request, analytes),
    )


async def worksheet_of(context: Context, request: Resource) -> Resource | None:
    """What is entered of a test and not verified yet."""
    query = [("based-on", reference(request)), ("status", "preliminary"), ("_count", "1")]
    found = (await context.search("DiagnosticReport", query)).resources
    return found[0] if found else None


async def last_results(context: Context, request: Resource, codes: Iterable[str]) -> dict[str, Resource]:
    """The patient's last published result of each analyte, by other tests than this one."""
    wanted = ",".join(f"{TEST}|{code}" for code in codes)
    query = [("patient", request["subject"]["reference"]), ("code", wanted), ("status", resources.PUBLISHED)]
    found = await context.search("Observation", [*query, ("_sort", "-date"), ("_count", "100")])
    last: dict[str, Resource] = {}
    for item in found.resources:
        if reference(request) not in [each["reference"] for each in item.get("basedOn") or ()]:
            last.setdefault(resources.test_code(item), item)
    return last


class Enter(OneOrder):
    """Results of one test by the code of the analyte; they replace what was entered before."""

    values: dict[str, str] = Field(
        title=N_("Results"),
        min_length=1,
        max_length=60,
        json_schema_extra={"widget": "grid", "source": "laboratory.sheet", "by": "order"},
    )
    comment: str | None = Field(None, title=N_("Comment"), max_length=500, json_schema_extra=MULTILINE)
    reason: str | None = Field(
        None, title=N_("How it was confirmed"), max_length=200, json_schema_extra={"widget": "reason"}
    )


@command(
    "laboratory.enter",
    title=N_("Enter results"),
    permission="laboratory.work",
    done=N_("Results entered"),
    tone="primary",
)
async def enter(context: Context, input: Enter) -> Resource:
    """Writes the results of a test onto its worksheet; what can be worked out from them is.

    When none is missing, the test waits for its verification by another person. Values beyond what can be measured are
    refused. A critical one, or one that differs too much from the last, asks how it was confirmed.
    """
    request = await locked_request(context, input.order)
    sheet = await read_sheet(context, request)
    read = _read(sheet, input.values)
    alerts = demand_reason(findings(sheet, read, context), input.reason)
    return await _write(context, sheet, read, alerts, reason=input.reason, comment=input.comment or "", device=None)


class Measure(Input):
    """What an instrument has measured in a tube: values by LOINC or house code, in the units of the catalogue."""

    accession: str = Field(title=N_("Specimen number"), pattern=r"^[0-9]{6,20}$")
    values: dict[str, str] = Field(title=N_("Results"), min_length=1, max_length=60)
    device: str = Field(title=N_("Instrument"), min_length=1, max_length=60)


@command(
    "laboratory.measure",
    title=N_("Results of an instrument"),
    permission="laboratory.measure",
    done=N_("Results taken over"),
)
async def measure(context: Context, input: Measure) -> Resource:
    """Writes what an instrument has measured in a received tube onto the worksheets of the tube's tests.

    Values that were there already are replaced. What is critical, or differs too much from the last value, is marked
    for whoever verifies. Refused as a whole where a code belongs to none of the tests, or a value can't be right.
    """
    found = await specimens.by_accession(context, input.accession)
    _specimen, requests = await specimens.locked(context, found)
    waiting = specimens.in_state(context, requests, "RECEIVED", "ENTERED")
    if not waiting:
        raise Refused(_("No test of specimen {number} waits for results").format(number=input.accession))
    sheets = [await read_sheet(context, request) for request in waiting]
    by_code = {
        code: analyte.code
        for sheet in sheets
        for analyte in sheet.analytes.values()
        for code in (analyte.code, analyte.loinc)
        if code
    }
    if unknown := sorted(input.values.keys() - by_code.keys()):
        text = _("No test of this specimen measures {codes}").format(codes=listed(unknown))
        raise BadRequest(issues=[Issue("error", "value", text, "values")])
    given = {by_code[code]: text for code, text in input.values.items()}
    for sheet in sheets:
        own = {code: text for code, text in given.items() if code in sheet.analytes}
        if own:
            read = _read(sheet, {**{code: values.text_of(held) for code, held in sheet.held.items()}, **own})
            alerts = tuple(findings(sheet, read, context))
            await _write(context, sheet, read, alerts, reason=None, comment="", device=input.device)
    return found


async def locked_request(context: Context, name: str) -> Resource:
    """A test, locked behind its visit."""
    request = await context.read(name)
    await context.read(request["encounter"]["reference"], lock=True)
    return await context.read(name, lock=True)


def _read(sheet: Sheet, given: dict[str, str]) -> dict[str, Value]:
    """The values that were given, read; raises `BadRequest` with an issue for each that can't be right."""
    read, issues = {}, []
    for code, text in given.items():
        if not text.strip():
            continue
        analyte = sheet.analytes.get(code)
        try:
            if analyte is None:
                raise ValueError(_("{code} is not measured by this test").format(code=code))
            read[code] = values.parse(analyte, text)
        except ValueError as error:
            issues.append(Issue("error", "value", str(error), f"values.{code}"))
    if issues:
        raise BadRequest(issues=issues)
    if not read:
        raise BadRequest(_("Enter at least one value"), expression="values")
    return read


def findings(sheet: Sheet, read: dict[str, Value], context: Context) -> list[Alert]:
    """What somebody must look at before it goes on: critical values, and great differences from the last one."""
    found = []
    for code, value in read.items():
        analyte = sheet.analytes[code]
        if values.judge(analyte, value, sheet.person) in values.CRITICAL:
            text = _("{name} {value} {unit} is critical: look at the specimen, and measure again").format(
                name=analyte.name, value=value.text, unit=analyte.unit
            )
            found.append(Alert("warning", "critical", text, "values"))
        last = sheet.last.get(code)
        if last is None or not _recent(last, context):
            continue
        if percent := values.differs(analyte, value, values.number_of(last)):
            text = _("{name}: {value} differs from the last value {last} by {percent} %").format(
                name=analyte.name, value=value.text, last=values.text_of(last), percent=percent
            )
            found.append(Alert("warning", "delta", text, "values", reference(last)))
    return found


def _recent(observation: Resource, context: Context) -> bool:
    return context.now - datetime.fromisoformat(observation["effectiveDateTime"]) <= timedelta(days=DELTA_DAYS)


async def _write(
    context: Context,
    sheet: Sheet,
    read: dict[str, Value],
    alerts: tuple[Alert, ...],
    *,
    reason: str | None,
    comment: str,
    device: str | None,
) -> Resource:
    request = sheet.request
    if missing := [each.name for each in sheet.measured if each.code not in read]:
        state = context.registry.tables["test"].of(request)
        if state is None or state.code != "RECEIVED":
            raise Refused(_("Results are missing: {names}").format(names=listed(missing)), expression="values")
    else:
        request = await context.move("test", request)
    observations = [
        resources.observation(
            request,
            sheet.specimen,
            analyte.concept,
            {
                **values.elements(analyte, value, sheet.person),
                **_notes(analyte, alerts, reason),
                **_method(analyte, read),
            },
            device=device,
            context=context,
        )
        for analyte, value in _complete(sheet, read)
    ]
    written = resources.worksheet(request, sheet.specimen, observations, comment=comment, context=context)
    if sheet.worksheet is None:
        return await context.create(written)
    return await context.update({**written, "id": sheet.worksheet["id"], "meta": sheet.worksheet["meta"]})


def _complete(sheet: Sheet, read: dict[str, Value]) -> list[tuple[Analyte, Value]]:
    """All values in the order of the panel, with those that are worked out."""
    found = []
    for code, analyte in sheet.analytes.items():
        value = read.get(code)
        if value is None and analyte.formula:
            value = formulas.worked_out(analyte.formula, analyte.digits, read, sheet.person)
        if value is not None:
            found.append((analyte, value))
    return found


def _method(analyte: Analyte, read: dict[str, Value]) -> Json:
    if not analyte.formula or analyte.code in read:
        return {}
    return {"method": {"text": analyte.formula}}


def _notes(analyte: Analyte, alerts: tuple[Alert, ...], reason: str | None) -> Json:
    """What stood against a value, with how it was confirmed, for whoever verifies."""
    own = [alert.text for alert in alerts if alert.text.startswith(analyte.name)]
    return {"note": [{"text": f"{text}；{reason}" if reason else text} for text in own]} if own else {}
