"""What a transaction has locked or written it need not ask for again, and never sees otherwise than the database."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hospital import Hospital
from xinglin.fhir.outcome import FhirError, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, as_system

NAMES = [f"held-{number}" for number in range(3)]
STEPS = st.tuples(
    st.sampled_from(["read", "lock", "update", "delete", "create", "read inside", "update inside"]),
    st.sampled_from(NAMES),
    st.integers(1, 120),
)


def basic(name: str, number: int) -> Resource:
    return {"resourceType": "Basic", "id": name, "code": {"text": str(number)}}


async def taken(context: Context, step: str, name: str, number: int) -> object:
    """What a step gives, or the kind of its refusal."""
    kind, _space, inside = step.partition(" ")
    acting = context._inside("administration.describe") if inside else context
    try:
        if kind in ("read", "lock"):
            found = await acting.read(f"Basic/{name}", lock=kind == "lock")
        elif kind == "create":
            found = await acting.create(basic(name, number), id=name)
        else:
            found = await acting.read(f"Basic/{name}", lock=number % 2 == 0)
            if kind == "delete":
                await acting.delete(found)
                return "deleted"
            found = await acting.update({**found, "code": {"text": str(number)}})
    except FhirError as error:
        return type(error).__name__
    return found["code"]["text"], found["meta"]["versionId"]


class RolledBack(Exception):
    """Ends a transaction without a trace."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
async def test_what_is_held_is_what_the_database_has(hospital: Hospital, steps: list[tuple[str, str, int]]) -> None:
    seen: list[list[object]] = []
    for holding in (True, False):
        with pytest.raises(RolledBack):
            async with hospital.application.database.transaction() as connection:
                context = hospital.application.context(connection, as_system("zh_CN"))
                if not holding:
                    context.work.held = context.repository.held = None  # type: ignore[assignment]
                await context.create(basic(NAMES[0], 0), id=NAMES[0])
                seen.append([await taken(context, *step) for step in steps])
                raise RolledBack
    assert seen[0] == seen[1]


async def test_a_locked_resource_is_not_asked_for_again(hospital: Hospital) -> None:
    patient = await hospital.patient()
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, as_system("zh_CN"))
        first = await context.read(patient, lock=True)
        held = context.work.held["Patient", first["id"]]
        assert held.resource == first
        written = await context.update({**first, "active": False})
        assert context.work.held["Patient", first["id"]].resource == written
        assert await context.read(patient) == written
        await context.delete(written)
        assert ("Patient", first["id"]) not in context.work.held
        raise_later = context.read(patient)
        with pytest.raises(FhirError, match="deleted"):
            await raise_later


async def test_limits_hold_for_what_is_held(hospital: Hospital) -> None:
    """A registrar, who sees no findings, does not see one that a called command wrote and holds."""
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, hospital.people["registrar"], step="outpatient.finish")
        inner = context._inside("administration.describe")
        finding = {"resourceType": "Observation", "status": "final", "code": {"text": "体温"}}
        made = await inner.create({**finding, "subject": {"reference": await hospital.patient()}})
        name = f"Observation/{made['id']}"
        assert (await inner.read(name, lock=True))["id"] == made["id"]
        assert ("Observation", made["id"]) in context.work.held
        with pytest.raises(NotFound):
            await context.read(name)
