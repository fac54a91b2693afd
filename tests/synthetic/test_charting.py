"""Patients of any seed: valid, coherent, and the same every time."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from xinglin.capabilities.patients.identity_number import SYSTEM, parse_identity_number
from xinglin.capabilities.pharmacy.formulary import ALLERGEN, DRUG
from xinglin.fhir import build, json
from xinglin.fhir.validation import validate
from xinglin.synthetic.catalogue.medicines import formulary
from xinglin.synthetic.charting import chart
from xinglin.synthetic.making import most
from xinglin.synthetic.masters import masters
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.timeline import History, histories

seeds = st.integers(0, 2**31 - 1)


def patients(seed: int, count: int = 40) -> list[tuple[History, list[dict[str, Any]]]]:
    plan = Plan(seed=seed, patients=count, beds=60)
    return [(history, chart(plan, history)) for history in histories(plan)]


@settings(max_examples=6, deadline=None)
@given(seeds)
def test_everything_is_valid_and_refers_to_what_is_there(seed: int) -> None:
    plan = Plan(seed=seed, patients=15, beds=60)
    there = {f"{resource['resourceType']}/{resource['id']}" for resource in masters(plan)}
    for history in histories(plan):
        written = chart(plan, history)
        names = [f"{resource['resourceType']}/{resource['id']}" for resource in written]
        assert len({resource["id"] for resource in written}) == len(written) <= most(history)
        known = {*there, *names}
        for resource in written:
            assert not validate(json.loads(json.dumps(resource))), resource
            assert set(_references(resource)) <= known


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [found for each in value.values() for found in _references(each)]
    return [found for each in value for found in _references(each)] if isinstance(value, list) else []


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_every_prescription_is_within_the_limits_of_the_formulary(seed: int) -> None:
    """Judged by what is written alone: the patient's age, allergies and weight, and what the label says."""
    for _, written in patients(seed):
        who = written[0]
        allergies = {
            build.first_code(r["code"], ALLERGEN) for r in written if r["resourceType"] == "AllergyIntolerance"
        }
        weights = [r["valueQuantity"]["value"] for r in written if build.first_code(r.get("code")) == "29463-7"]
        codes = [build.first_code(r["code"]) or "" for r in written if r["resourceType"] == "Condition"]
        for request in (r for r in written if r["resourceType"] == "MedicationRequest"):
            drug = formulary()[build.first_code(request["medicationCodeableConcept"], DRUG) or ""]
            dosage = request["dosageInstruction"][0]
            repeat = dosage["timing"]["repeat"]
            often = max(Decimal(1), Decimal(repeat["frequency"]) / repeat["period"])
            daily = dosage["doseAndRate"][0]["doseQuantity"]["value"] * drug.medicine.strength * often
            age = build.age_in_years(who["birthDate"], date.fromisoformat(request["authoredOn"][:10])) or 0
            assert daily <= drug.medicine.max_daily
            assert age >= drug.medicine.min_age
            assert drug.sex in (None, who["gender"])
            assert drug.medicine.allergen not in allergies
            assert not any(code.startswith(drug.contraindications or ("-",)) for code in codes)
            assert not (drug.pregnancy == "never" and any(code.startswith(("O", "Z34")) for code in codes))
            if age < 18 and drug.per_kg:
                assert daily <= drug.per_kg * max(weights)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_nobody_is_in_two_places_and_no_place_is_given_twice(seed: int) -> None:
    taken: set[tuple[str, datetime]] = set()
    for history, _ in patients(seed):
        days = [booked.start.date() for booked in history.visits]
        assert days == sorted(set(days))
        for booked in history.visits:
            place = (booked.doctor.id, booked.start)
            assert place not in taken
            taken.add(place)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_nobody_is_real(seed: int) -> None:
    for _, (who, *_rest) in patients(seed):
        number = build.find_identifier(who, SYSTEM)
        assert who["telecom"][0]["value"].startswith("154")
        if number:
            parsed = parse_identity_number(number)
            assert number.startswith("99")
            assert (parsed.birth_date.isoformat(), parsed.gender) == (who["birthDate"], who["gender"])


def test_times_follow_one_another() -> None:
    for _, written in patients(5):
        for encounter in (r for r in written if r["resourceType"] == "Encounter"):
            about = f"Encounter/{encounter['id']}"
            begin, end = (datetime.fromisoformat(encounter["period"][side]) for side in ("start", "end"))
            assert begin < end
            for note in (r for r in written if r["resourceType"] == "Composition"):
                if note["encounter"]["reference"] == about:
                    assert begin < datetime.fromisoformat(note["date"]) < end


def test_the_same_seed_gives_the_same_patients_and_another_one_others() -> None:
    first, again, other = (
        [json.dumps(resource) for _, written in patients(seed) for resource in written] for seed in (7, 7, 8)
    )
    assert first == again
    assert not set(first) & set(other)


def test_more_patients_change_nobody_who_was_there() -> None:
    """But for the places in clinics, which the others take: who they are and what they have stays."""
    few, many = patients(3, 20), patients(3, 60)
    assert [(h.sex, h.age, h.courses) for h, _ in few] == [(h.sex, h.age, h.courses) for h, _ in many[:20]]
    assert [written[0] for _, written in few] == [written[0] for _, written in many[:20]]


def test_days_are_as_in_a_hospital() -> None:
    """Mornings are busier than afternoons, Mondays than Sundays; the chronically ill come again."""
    visits = [booked for history in histories(Plan(patients=1500)) for booked in history.visits]
    hours = Counter(booked.start.hour for booked in visits)
    days = Counter(booked.start.weekday() for booked in visits)
    assert sum(hours[hour] for hour in range(8, 12)) > 0.6 * len(visits)
    assert max(hours, key=lambda hour: hours[hour]) in (8, 9)
    assert days[0] > days[4] > days[6]
    again = Counter(len(history.visits) for history in histories(Plan(patients=300)))
    assert again[3] > 20


def test_everybody_comes_at_least_once() -> None:
    assert all(
        history.visits for plan in (Plan(patients=400), Plan(patients=200, days=7)) for history in histories(plan)
    )
