"""Searches by the beginning of a text, and by chains to one, are answered in the order of texts, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinglin.fhir.search import parameters
from xinglin.platform.database import Database
from xinglin.store.repository import Repository

FAMILIES = ["li", "lin", "liu", "wang", "lin"]
people = st.lists(st.lists(st.sampled_from(FAMILIES), max_size=3), min_size=1, max_size=6)
observed = st.lists(st.integers(0, 5), max_size=14)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    families=people, observed=observed, beginning=st.sampled_from(["l", "li", "lin", "w", "x"]), count=st.integers(1, 4)
)
async def test_pages_hold_everybody_once_in_the_order_of_texts(
    database: Database, families: list[list[str]], observed: list[int], beginning: str, count: int
) -> None:
    async with database.session() as connection, connection.transaction(force_rollback=True):
        repository = Repository(connection, now=datetime(2026, 1, 1, tzinfo=UTC))
        for number, several in enumerate(families):
            names = [{"family": family} for family in several] or [{"text": "nobody"}]
            await repository.update({"resourceType": "Patient", "id": f"p{number}", "name": names})
        subjects = [subject % len(families) for subject in observed]
        for number, subject in enumerate(subjects):
            await repository.update(observation(f"o{number}", subject))
        first = {p: min(f for f in names if f.startswith(beginning)) for p, names in enumerate(families)
                 if any(f.startswith(beginning) for f in names)}  # fmt: skip
        order = sorted(first, key=lambda p: (first[p], p))
        assert await pages(repository, "Patient", f"family={beginning}", count) == [f"p{p}" for p in order]
        expected = [f"o{n}" for p in order for n, subject in enumerate(subjects) if subject == p]
        for query in ("patient.family", "subject:Patient.family", "patient.name"):
            assert await pages(repository, "Observation", f"{query}={beginning}", count) == expected


def observation(id: str, subject: int) -> dict[str, Any]:
    reference = {"reference": f"Patient/p{subject}"}
    return {"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"}, "subject": reference}


async def pages(repository: Repository, type: str, query: str, count: int) -> list[str]:
    """The ids of all pages; between two pages somebody else changes what was found already and adds to it."""
    found: list[str] = []
    following = ""
    while following is not None:
        page = await repository.search(type, f"{query}&_count={count}{following and '&_cursor=' + following}")
        found += [resource["id"] for resource in page.resources]
        repository.now += timedelta(seconds=1)
        if page.resources:
            await repository.update(page.resources[0])
        following = page.next  # type: ignore[assignment]
    return found


@pytest.mark.parametrize(
    ("type", "code", "single"),
    [
        ("Observation", "patient", True),
        ("Observation", "subject", True),
        ("Observation", "performer", False),
        ("Encounter", "practitioner", False),
        ("Patient", "general-practitioner", False),
        ("MedicationRequest", "patient", True),
    ],
)
def test_which_references_are_single(type: str, code: str, single: bool) -> None:
    assert parameters(type)[code].single(type) is single
