"""Which way a search goes, by what is known of its terms."""

from datetime import UTC, datetime

import pytest

from xinglin.fhir.search import parse_query
from xinglin.fhir.search.terms import term
from xinglin.store import statements
from xinglin.store.conditions import after_all
from xinglin.store.statements import Statement
from xinglin.store.statistics import Statistics

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COMMON = "code=common&_count=20"


def known(common: float = 50_000.0) -> Statistics:
    counts = {
        term("Observation", "code", "*|common"): common,
        term("Observation", "status", "*|final"): 400.0,
        term("Observation", "category", "*|lab"): 400.0,
    }
    return Statistics(counts, {"Observation": 100_000.0})


def way(query: str, statistics: Statistics | None = None) -> tuple[str, bool]:
    """How the first statement of a page goes, and whether it is planned only once."""
    parsed = parse_query("Observation", query, now=NOW, zone=UTC)
    first: Statement = statements.page(parsed, statistics or known())[0]
    if "CROSS JOIN LATERAL" in first.sql:
        return "patient's values" if "AND v.patient =" in first.sql else "values", first.reused
    if "ORDER BY key OFFSET 0" in first.sql:
        return "in order", first.reused
    return "few" if first.reused else "planned", first.reused


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "in order"),
        ("code=rare", "few"),
        (COMMON, "in order"),
        (f"{COMMON}&patient=1", "few"),
        ("status=final&category=lab", "few"),  # both frequent, but hardly together
        ("code:not=common", "planned"),
        ("date=2026-01-01", "planned"),
        ("value-quantity=gt5", "planned"),
        ("code=rare&value-quantity=gt5", "few"),
        ("_sort=-date", "values"),
        (f"{COMMON}&_sort=-date", "values"),
        ("date=ge2020&_sort=-date", "values"),
        ("date=lt2020&_sort=-date", "planned"),  # the newest are of no use here
        ("date=lt2020&_sort=date", "values"),
        ("patient=1&_sort=-date", "patient's values"),
        ("patient=Patient/1&date=lt2020&_sort=-date", "patient's values"),
        ("patient=1&code=rare&_sort=-date", "few"),
        ("patient=1,2&_sort=-date", "few"),
        ("subject.name=peters", "few"),
        ("subject.gender=male", "few"),  # nothing says that it is frequent
        ("value-string:contains=pain", "few"),
        ("value-string:contains=p", "planned"),
        ("_id=1", "few"),
    ],
)
def test_the_way_follows_from_what_is_frequent(query: str, expected: str) -> None:
    assert way(query) == (expected, expected != "planned")


def test_a_term_that_is_frequent_in_its_type_is_found_in_order_only_if_that_is_sooner() -> None:
    assert way(COMMON, known(common=300.0)) == ("few", True)  # 21 of them would take 7,000 rows
    assert way(COMMON, known(common=3_000.0)) == ("in order", True)


def test_the_same_text_serves_other_values() -> None:
    def text(query: str) -> str:
        return statements.page(parse_query("Observation", query, now=NOW, zone=UTC), known())[0].sql

    assert text("patient=1&code=a,b") == text("patient=2&code=c,d,e")
    assert text("subject.name=peters") == text("subject.name=zimmer")
    assert text("patient=1&date=ge2020&_sort=-date") == text("patient=2&date=ge2021-02&_sort=-date")


@pytest.mark.parametrize(("text", "least"), [("a", "b"), ("a\U0010ffff", "b"), ("\ud7ff", "\ue000"), ("ab", "ac")])
def test_the_least_text_behind_all_that_start_so(text: str, least: str) -> None:
    assert after_all(text) == least
