"""Diagnoses of a visit, their order, and the problems that outlast it."""

from datetime import date
from typing import Literal

from pydantic import Field

from xinglin.capabilities.outpatient import favourites, resources, visits
from xinglin.capabilities.outpatient.base import VisitStep
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.terminology import catalogue

DIAGNOSES = "diagnoses"
"""Id of the CodeSystem that diagnoses are chosen from."""


class Diagnose(VisitStep):
    """A diagnosis by its code."""

    code: str = Field(
        title=N_("Diagnosis"), json_schema_extra={"widget": "search", "source": "outpatient.diagnosis_search"}
    )
    certainty: Literal["confirmed", "provisional"] = Field("confirmed", title=N_("Certainty"))


@command("outpatient.diagnose", title=N_("Add diagnosis"), permission="outpatient.treat", done=N_("Diagnosis added"))
async def diagnose(context: Context, input: Diagnose) -> Resource:
    """Adds a diagnosis to the visit; the first one is the main diagnosis.

    It comes to the front of what the doctor is offered first.
    """
    encounter = await visits.in_consultation(context, input.visit)
    found = await (await catalogue(context.repository, DIAGNOSES)).get(input.code)
    if found is None:
        raise Refused(_("There is no diagnosis with code {code}").format(code=input.code), expression="code")
    held = await visits.diagnoses(context, encounter)
    if any(build.first_code(item["code"], resources.ICD10) == found.code for item in held):
        raise Refused(_("This diagnosis is recorded already"), expression="code")
    author = str(context.actor.practitioner)
    certain = input.certainty == "confirmed"
    made = resources.diagnosis(encounter, found.code, found.display, certain, author, context.now)
    await favourites.used(context, resources.ICD10, found.code, found.display)
    return await _added(context, encounter, made)


async def _added(context: Context, encounter: Resource, made: Resource) -> Resource:
    condition = await context.create(made)
    listed = list(encounter.get("diagnosis") or ())
    name = build.concept_text(condition["code"])
    listed.append({"condition": build.reference(condition, name), "rank": len(listed) + 1})
    await context.update({**encounter, "diagnosis": listed})
    return condition


class DiagnoseTraditional(VisitStep):
    """A diagnosis of traditional Chinese medicine: the disease, and the syndrome that is treated."""

    disease: str = Field(title=N_("Disease"), min_length=2, max_length=40)
    syndrome: str | None = Field(None, title=N_("Syndrome"), max_length=40)


@command(
    "outpatient.diagnose_traditional",
    title=N_("Add TCM diagnosis"),
    permission="outpatient.treat",
    done=N_("Diagnosis added"),
)
async def diagnose_traditional(context: Context, input: DiagnoseTraditional) -> Resource:
    """Adds a diagnosis of traditional Chinese medicine in the doctor's own words."""
    encounter = await visits.in_consultation(context, input.visit)
    name = f"{input.disease}（{input.syndrome}）" if input.syndrome else input.disease
    if any(build.concept_text(item["code"]) == name for item in await visits.diagnoses(context, encounter)):
        raise Refused(_("This diagnosis is recorded already"), expression="disease")
    author = str(context.actor.practitioner)
    return await _added(context, encounter, resources.traditional_diagnosis(encounter, name, author, context.now))


class RemoveDiagnosis(VisitStep):
    """A diagnosis that was entered wrongly."""

    condition: str = Field(title=N_("Diagnosis"), pattern=r"^Condition/", json_schema_extra={"widget": "hidden"})


@command(
    "outpatient.remove_diagnosis",
    title=N_("Remove diagnosis"),
    permission="outpatient.treat",
    done=N_("Diagnosis removed"),
)
async def remove_diagnosis(context: Context, input: RemoveDiagnosis) -> Resource:
    """Takes a diagnosis off the visit and marks it as entered in error."""
    encounter = await visits.in_consultation(context, input.visit)
    listed = list(encounter.get("diagnosis") or ())
    _belongs(encounter, input.condition)
    kept = [entry for entry in listed if entry["condition"]["reference"] != input.condition]
    await context.update(build.without_empty({**encounter, "diagnosis": _ranked(kept)}))
    condition = {**await context.read(input.condition, lock=True)}
    # R4 con-5: a condition entered in error has no clinical status.
    condition.pop("clinicalStatus", None)
    condition["verificationStatus"] = build.concept(resources.CONDITION_VERIFICATION, "entered-in-error")
    return await context.update(condition)


def _belongs(encounter: Resource, condition: str) -> None:
    if condition not in {entry["condition"]["reference"] for entry in encounter.get("diagnosis") or ()}:
        raise Refused(_("This diagnosis does not belong to the visit"), expression="condition")


def _ranked(entries: list[Resource]) -> list[Resource]:
    return [{**entry, "rank": rank} for rank, entry in enumerate(entries, 1)]


class SortDiagnoses(VisitStep):
    """All diagnoses of a visit in the order that they shall have."""

    order: list[str] = Field(title=N_("Order"), min_length=1, json_schema_extra={"widget": "hidden"})


@command(
    "outpatient.sort_diagnoses",
    title=N_("Put in order"),
    permission="outpatient.treat",
    done=N_("The first is the main diagnosis"),
)
async def sort_diagnoses(context: Context, input: SortDiagnoses) -> Resource:
    """Puts the diagnoses of a visit in order; the first is the main one. All of them must be named, once each."""
    encounter = await visits.in_consultation(context, input.visit)
    entries = {entry["condition"]["reference"]: entry for entry in encounter.get("diagnosis") or ()}
    if sorted(input.order) != sorted(entries):
        raise Refused(_("The diagnoses have changed meanwhile; please look again"), expression="order")
    return await context.update({**encounter, "diagnosis": _ranked([entries[item] for item in input.order])})


class SetCertainty(RemoveDiagnosis):
    """How sure a diagnosis is."""

    certainty: Literal["confirmed", "provisional"] = Field(
        title=N_("Certainty"), json_schema_extra={"widget": "hidden"}
    )


@command(
    "outpatient.set_certainty",
    title=N_("Change certainty"),
    permission="outpatient.treat",
    done=N_("Certainty changed"),
)
async def set_certainty(context: Context, input: SetCertainty) -> Resource:
    """Makes a diagnosis of a visit in consultation confirmed or provisional."""
    _belongs(await visits.in_consultation(context, input.visit), input.condition)
    condition = await context.read(input.condition, lock=True)
    verification = build.concept(resources.CONDITION_VERIFICATION, input.certainty)
    return await context.update({**condition, "verificationStatus": verification})


class KeepProblem(RemoveDiagnosis):
    """A diagnosis that outlasts the visit."""

    since: date | None = Field(None, title=N_("Since"))


@command(
    "outpatient.keep_problem",
    title=N_("Keep as problem"),
    permission="outpatient.treat",
    done=N_("On the problem list"),
)
async def keep_problem(context: Context, input: KeepProblem) -> Resource:
    """Puts a diagnosis of the visit on the patient's problem list, where it stays until it is resolved."""
    encounter = await visits.in_consultation(context, input.visit)
    _belongs(encounter, input.condition)
    if input.since and input.since > context.today:
        raise Refused(_("It can't have begun in the future"), expression="since")
    condition = await context.read(input.condition)
    wanted = build.first_code(condition["code"]) or build.concept_text(condition["code"])
    held = await context.search(
        "Condition",
        [
            ("patient", encounter["subject"]["reference"]),
            ("category", "problem-list-item"),
            ("clinical-status", "active"),
            ("_count", "200"),
        ],
    )
    if any(wanted in (build.first_code(item["code"]), build.concept_text(item["code"])) for item in held.resources):
        raise Refused(_("It is on the problem list already"))
    author = str(context.actor.practitioner)
    return await context.create(resources.problem(condition, input.since, author, context.now))


class ResolveProblem(Input):
    """A problem that is over."""

    problem: str = Field(title=N_("Problem"), pattern=r"^Condition/", json_schema_extra={"widget": "hidden"})


@command(
    "outpatient.resolve_problem",
    title=N_("Resolved"),
    permission="outpatient.treat",
    done=N_("Taken off the problem list"),
    confirm=N_("Is this problem resolved? It stays in the history."),
)
async def resolve_problem(context: Context, input: ResolveProblem) -> Resource:
    """Marks an entry of the problem list as resolved."""
    held = await context.read(input.problem, lock=True)
    categories = {build.first_code(item) for item in held.get("category") or ()}
    if "problem-list-item" not in categories or build.first_code(held.get("clinicalStatus")) != "active":
        raise Refused(_("This is no active entry of the problem list"), expression="problem")
    status = build.concept(resources.CONDITION_CLINICAL, "resolved")
    return await context.update({**held, "clinicalStatus": status, "abatementDateTime": context.today.isoformat()})
