"""Every course against the formulary, the test catalogue and itself."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from xinglin.capabilities.patients.resources import ALLERGENS
from xinglin.capabilities.pharmacy.frequency import FREQUENCIES
from xinglin.fhir.validation import validate
from xinglin.synthetic.bodies import body
from xinglin.synthetic.catalogue.laboratory import analytes, panels, studies
from xinglin.synthetic.catalogue.medicines import PREGNANCY, ROUTES, TIERS, formulary
from xinglin.synthetic.chance import Chance
from xinglin.synthetic.courses.all import COURSES, DEPARTMENTS
from xinglin.synthetic.courses.model import Course, Rx
from xinglin.synthetic.masters import masters
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.prescribing import dose, suits

DAY = date(2026, 10, 1)
OF_WOMEN = ("O", *(f"N{number}" for number in range(70, 99)), "C53", "C54", "C56", "D25", "E28", "B37.3")
OF_MEN = tuple(f"N{number}" for number in range(40, 52))

every_course = pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)


def medicines(course: Course) -> list[Rx]:
    """Everything that a course may prescribe."""
    found: list[Rx] = []
    for visit in course.all_visits:
        for rx in visit.drugs:
            one: Rx | None = rx
            while one:
                found.append(one)
                one = one.otherwise
    return found


def test_there_are_courses_in_every_department() -> None:
    assert all(department.courses for department in DEPARTMENTS)
    assert len({department.code for department in DEPARTMENTS}) == len(DEPARTMENTS)


@every_course
def test_a_course_names_its_source_and_a_code_of_the_national_edition(course: Course) -> None:
    assert re.search(r"(19|20)\d\d", course.source)
    assert re.fullmatch(r"[A-Z]\d\d\.(\d{3}|x\d\d)", course.icd), course.icd
    assert 1 <= course.age[0] <= course.age[1] <= course.age[2] <= 95


@every_course
def test_a_disease_of_one_sex_is_that_of_this_sex(course: Course) -> None:
    if course.icd.startswith(OF_WOMEN) or course.pregnant:
        assert course.sex == "female"
    if course.icd.startswith(OF_MEN):
        assert course.sex == "male"
    if course.icd.startswith("O"):
        assert course.pregnant
        assert 18 <= course.age[0] <= course.age[2] <= 48


@every_course
def test_what_is_ordered_exists_and_results_can_be_measured(course: Course) -> None:
    for visit in course.all_visits:
        measured = {code for panel in visit.panels for code in panels()[panel].analytes}
        assert visit.values.keys() <= measured, course.code
        for code, given in visit.values.items():
            analyte = analytes()[code]
            if isinstance(given, str):
                assert analyte.usual is not None, code
            else:
                assert analyte.limits[0] <= given[0] <= given[1] <= analyte.limits[1], (code, given)
        for code, _finding in visit.studies:
            assert not (course.pregnant and studies()[code].rays), code


@every_course
def test_nobody_gets_what_is_measured_in_the_other_sex_only(course: Course) -> None:
    sexes = [course.sex] if course.sex else ["male", "female"]
    for visit in course.all_visits:
        for code in (code for panel in visit.panels for code in panels()[panel].analytes):
            if analytes()[code].usual is None and code != "progesterone":
                for age in (*course.age, 1 + course.age[0]):
                    assert all(analytes()[code].range(str(sex), age) for sex in sexes), (code, age)


@every_course
def test_medicines_are_in_the_formulary_and_fit_those_who_have_the_disease(course: Course) -> None:
    for rx in medicines(course):
        drug = formulary()[rx.drug]
        assert rx.route in ROUTES
        assert rx.frequency in FREQUENCIES
        assert 0 < rx.days <= 84
        assert not course.icd.startswith(drug.contraindications or ("-",)), (course.code, rx.drug)
        if course.pregnant:
            assert drug.pregnancy != "never", (course.code, rx.drug)
        if course.egfr and course.egfr[0] < 30:
            assert drug.renal != 0, (course.code, rx.drug)
        if drug.sex:
            assert course.sex == drug.sex, (course.code, rx.drug)


def reach(course: Course, age: int) -> list[list[bool]]:
    """For each visit and each of its medicines, whether somebody of this age gets it or what is given instead."""
    someone = body(Chance(1, "someone", age), course.sex or "female", age, [course])

    def gets(rx: Rx | None) -> bool:
        if rx is None:
            return False
        drug = formulary()[rx.drug]
        return bool(suits(drug, someone, DAY) and dose(rx, drug, someone)) or gets(rx.otherwise)

    return [[gets(rx) for rx in visit.drugs] for visit in course.all_visits]


@every_course
def test_every_medicine_reaches_whoever_has_nothing_against_it(course: Course) -> None:
    """All of them at the most frequent age, something at every age: doses and limits fit one another."""
    assert all(all(visit) for visit in reach(course, course.age[1])), reach(course, course.age[1])
    for age in range(course.age[0], course.age[2] + 1):
        assert all(any(visit) or not visit for visit in reach(course, age)), age


@every_course
def test_medicines_of_one_visit_go_together(course: Course) -> None:
    for visit in course.all_visits:
        given = [rx.drug for rx in visit.drugs]
        assert len(set(given)) == len(given)
        for one in given:
            assert not set(given) & set(formulary()[one].interactions), (course.code, one)


def test_the_formulary_holds_together() -> None:
    for code, drug in formulary().items():
        assert drug.pregnancy in PREGNANCY
        assert drug.tier is None or drug.tier in TIERS
        assert drug.medicine.allergen is None or drug.medicine.allergen in ALLERGENS, code
        assert set(drug.interactions) <= formulary().keys(), code
        assert drug.renal is None or drug.renal <= drug.medicine.max_daily
        assert drug.price > 0
        assert (drug.tier is not None) == drug.medicine.atc.startswith(("J01", "S01AE", "S02AA", "J01XD")) or (
            code == "metronidazole-200"
        ), code


def test_reference_ranges_leave_no_age_out_and_do_not_overlap() -> None:
    for analyte in analytes().values():
        for sex in ("male", "female"):
            for age in range(1, 110):
                holding = [each for each in analyte.ranges if each.holds(sex, age)]
                assert len(holding) <= 1, (analyte.code, sex, age)
                for each in holding:
                    assert each.low is None or each.high is None or each.low < each.high


def test_a_dose_by_weight_stays_within_the_limit_of_the_child() -> None:
    rx = Rx("ibuprofen-susp", frequency="qid", per_kg=25)  # far too much
    child = body(Chance(1), "male", 4, [])
    units = dose(rx, formulary()["ibuprofen-susp"], child)
    assert units
    assert units * 20 * 4 <= Decimal(40) * Decimal(str(child.weight))


def test_poor_kidneys_lower_what_is_given() -> None:
    patient = replace(body(Chance(1), "female", 70, []), egfr=25.0)
    assert not suits(formulary()["metformin-500"], patient, DAY)
    assert dose(Rx("bisoprolol-5", "4"), formulary()["bisoprolol-5"], replace(patient, egfr=80.0))
    assert dose(Rx("bisoprolol-5", "4"), formulary()["bisoprolol-5"], patient) is None


def test_master_data_are_valid() -> None:
    for resource in masters(Plan(patients=1, beds=60, days=10)):
        assert not validate(resource), (resource["resourceType"], resource["id"])
