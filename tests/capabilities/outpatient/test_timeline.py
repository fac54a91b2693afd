"""The timeline and the summary: what happened in each visit, and how values went."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import Hospital
from xinglin.capabilities.outpatient import chart
from xinglin.capabilities.outpatient.timeline import Timeline, timeline
from xinglin.kernel.context import Context, as_system
from xinglin.store.loading import read_document
from xinglin.store.repository import Repository, SearchPage


async def look(
    hospital: Hospital, patient: str, kind: str = "", until: str = "", cursor: str | None = None
) -> Timeline:
    """A page as somebody sees it who may see all."""
    async with hospital.application.reading(as_system("zh_CN")) as context:
        return await timeline(context, patient, kind, until, cursor)


async def test_each_visit_tells_its_diagnoses_and_medicines(hospital: Hospital) -> None:
    patient = await hospital.patient("王时间")
    visit, _number = await hospital.signed_prescription(patient)
    shown = await look(hospital, patient)
    assert [event.reference for event in shown.events] == [visit]
    assert shown.events[0].diagnoses == ["原发性高血压"]
    assert len(shown.events[0].medicines) == 1
    assert (await look(hospital, patient, kind="IMP")).events == []
    assert (await look(hospital, patient, until="2025")).events == []
    assert shown.years == [2026]


async def test_a_long_history_comes_by_pages_with_its_results(hospital: Hospital, synthea: list[Path]) -> None:
    async with hospital.application.database.transaction() as connection:
        response = await Repository(connection, now=hospital.clock()).transaction(read_document(synthea[0]))
    located = ["/".join(entry["response"]["location"].split("/")[:2]) for entry in response["entry"]]
    patient = next(place for place in located if place.startswith("Patient/"))
    wanted = {place for place in located if place.startswith("Encounter/")}
    seen: list[str] = []
    results, cursor = 0, None
    while True:
        shown = await look(hospital, patient, cursor=cursor)
        seen += [event.reference for event in shown.events]
        results += sum(event.results for event in shown.events)
        cursor = shown.next
        if cursor is None:
            break
    assert sorted(seen) == sorted(wanted)
    assert results > 0
    assert len(shown.years) > 1


async def test_the_chart_asks_no_more_of_a_long_history(
    hospital: Hospital, synthea: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hospital.application.database.transaction() as connection:
        response = await Repository(connection, now=hospital.clock()).transaction(read_document(synthea[0]))
    located = ["/".join(entry["response"]["location"].split("/")[:2]) for entry in response["entry"]]
    old = next(place for place in located if place.startswith("Patient/"))
    asked: list[str] = []
    search = Context.search

    async def counted(self: Context, type: str, query: Any) -> SearchPage:
        asked.append(type)
        return await search(self, type, query)

    monkeypatch.setattr(Context, "search", counted)
    screen = hospital.application.registry.screens["outpatient.doctor"]
    counts = []
    for patient in (await hospital.patient("赵新来"), old):
        visit = await hospital.consultation(patient)
        asked.clear()
        async with hospital.application.reading(hospital.people["doctor"]) as context:
            await screen.run(context, {"visit": visit})
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 25


async def test_vital_signs_come_with_their_course(hospital: Hospital) -> None:
    patient = await hospital.patient("李曲线")
    visit = await hospital.consultation(patient)
    for systolic in (150, 140, 132):
        await hospital.do("doctor", "outpatient.record_vitals", visit=visit, systolic=systolic, diastolic=80)
        hospital.clock.forward(minutes=5)
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        pressure = (await chart.latest(context, patient, "vital-signs", 80, 8))[0]
    assert pressure.value == "132 / 80"
    assert pressure.series == (150, 140, 132)


@given(st.lists(st.floats(0, 1000), max_size=12))
def test_a_line_stays_within_its_frame(series: list[float]) -> None:
    points = chart.Result("x", "1", "", "", "", "x", tuple(series)).spark.split()
    for point in points:
        across, down = map(float, point.split(","))
        assert 0 <= across <= chart.SPARK_WIDTH
        assert 0 <= down <= chart.SPARK_HEIGHT
    assert len(points) == (len(series) if len(set(series)) > 1 else 0)
