"""`_filter`: operators, parentheses, chains and brackets, on a real database."""

from typing import Any

import psycopg
import pytest

from tests.store.searched import found, stored
from xinglin.fhir.outcome import BadRequest
from xinglin.store.repository import Repository


@pytest.fixture
async def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    return await stored(connection)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("_filter=code eq A or (code eq B and value-quantity gt 9)", "q1 q2 q4"),
        ("_filter=not (code eq C) and date ge 2024", "q1 q2"),
        ("_filter=patient.name eq Peters", "q1 q3"),
        ("_filter=patient.name eq Pet", ""),
        ("_filter=patient[gender eq male].name sw Pet", "q1 q3"),
        ("_filter=patient[gender eq female].name sw Pet", ""),
        ("_filter=patient.organization[name eq West].partof.name ne nobody and code eq A", "q1"),
        ("_filter=not (patient[gender eq male].name sw Pet) and patient pr true", "q2 q4"),
        ("_filter=patient.name sw Pet", "q1 q3"),
        ('_filter=value-string co "l find"', "q8"),
        ("_filter=value-string ew INGS", "q8"),
        ("_filter=value-string ew find", ""),
        ("_filter=patient.name ew ters", "q1 q3"),
        ("_filter=date po 2024-05", "q1"),
        ("_filter=date po 2023 or date po 2025-06-01", "q2 q3"),
        ("_filter=subject pr false and code ne BP", "q7 q8"),
        ("_filter=subject re Patient/p2", "q2"),
        ("_filter=status in http://hl7.org/fhir/ValueSet/observation-status and code eq C", "q7 q8"),
    ],
)
async def test_observations(repository: Repository, query: str, expected: str) -> None:
    assert await found(repository, "Observation", query) == expected.split()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("_filter=code eq", "a value is expected at character 8"),
        ("_filter=code is A", "one of the operators"),
        ("_filter=(code eq A", ") is expected at character 11"),
        ("_filter=code eq A code eq B", "and, or, or the end is expected at character 11"),
        ("_filter=not code eq A", "( after not is expected"),
        ("_filter=code ew A", "ew is accepted with a string"),
        ("_filter=value-string po 2024", "po is accepted with a date"),
        ("_filter=code ss A", "accepted is system|code"),
        ("_filter=foo eq A", "no search parameter foo"),
        ("_filter=" + "(" * 50 + "code eq A" + ")" * 50, "nested deeper than 32"),
        ('_filter=code eq "A', "can't be read at character 9"),
        ("_filter=component[code eq A].value gt 3", "no search parameter component"),
        ("_filter=code[system eq A].x eq 3", "code of Observation is no reference"),
        ("_filter=subject[name eq A] eq 3", ". with a parameter of what was narrowed is expected at character 20"),
        ("_filter=subject[name eq A.name eq 3", "] is expected"),
    ],
)
async def test_refused(repository: Repository, query: str, text: str) -> None:
    with pytest.raises(BadRequest) as raised:
        await repository.search("Observation", query)
    assert text in str(raised.value)
