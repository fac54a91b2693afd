"""The checks at entry: a table of cases, and what holds for every medicine, dose and patient."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.capabilities.pharmacy import rules, rules_authority
from xinglin.capabilities.pharmacy.checks import Case
from xinglin.capabilities.pharmacy.formulary import Medicine
from xinglin.capabilities.pharmacy.frequency import FREQUENCIES
from xinglin.capabilities.pharmacy.knowledge import Knowledge
from xinglin.capabilities.pharmacy.patient import Fact, Measure, Patient, SkinTest, ckd_epi, kidneys
from xinglin.capabilities.pharmacy.resources import Dosage
from xinglin.capabilities.pharmacy.rules_authority import Prescriber
from xinglin.capabilities.pharmacy.seed import formulary
from xinglin.fhir import json
from xinglin.fhir.validation import validate

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
TODAY = NOW.date()
CHIEF = Prescriber("chief", frozenset({"controlled"}))


def patient(**values: Any) -> Patient:
    """A healthy man of fifty, but for what is named."""
    return Patient(**{"years": 50, "sex": "male", "identity": True, "now": NOW, **values})


def measured(value: str) -> Measure:
    return Measure(Decimal(value), "Observation/1", TODAY)


def diagnosed(*codes: str) -> tuple[Fact, ...]:
    return tuple(Fact(code, f"Condition/{code}") for code in codes)


def allergic(code: str, criticality: str = "low") -> tuple[dict[str, Any], ...]:
    coding = {"system": "urn:xinglin:code:allergen", "code": code}
    return ({"id": "a", "code": {"coding": [coding], "text": code}, "criticality": criticality},)


def skin(allergen: str, *, positive: bool, hours: int) -> tuple[SkinTest, ...]:
    return (SkinTest(allergen, positive, NOW - timedelta(hours=hours), "Observation/2"),)


def check(
    medicine: str,
    who: Patient | None = None,
    *others: str,
    units: str = "1",
    frequency: str = "qd",
    days: int = 7,
    doctor: Prescriber = CHIEF,
    here: bool = True,
    rest: int = 20,
) -> set[str]:
    """What is found, as `level:code`; information that every such medicine has is left out."""
    known = formulary()
    running = [
        rules.Running(known[code].medicine, known[code].knowledge, "MedicationRequest/1", here, rest) for code in others
    ]
    case = Case(who or patient(egfr=measured("90")), running, doctor)
    dosage = Dosage(Decimal(units), FREQUENCIES[frequency], days, "oral")
    found = case.check(known[medicine].medicine, known[medicine].knowledge, dosage)
    assert all(alert.text and (alert.evidence or alert.code in {"length", "age-unknown"}) for alert in found)
    return {f"{alert.level}:{alert.code}" for alert in found}


HEALTHY = measured("90")
NEGATIVE = skin("penicillin", positive=False, hours=1)
GIRL = {"years": 6, "sex": "female", "egfr": HEALTHY}
WOMAN = {"years": 30, "sex": "female", "egfr": measured("100")}
PREGNANT = {**WOMAN, "pregnant": Fact("O09", "Condition/9")}
NURSING = {**WOMAN, "lactating": Fact("Z39.1", "Condition/9")}

CASES = [
    ("nothing speaks against it", ("amlodipine-5",), {}, set()),
    (
        "severe allergy of the class",
        ("ceftriaxone-1", patient(allergies=allergic("cephalosporin", "high"), egfr=HEALTHY)),
        {},
        {"block:allergy"},
    ),
    ("mild allergy", ("ibuprofen-300", patient(allergies=allergic("nsaid"), egfr=HEALTHY)), {}, {"warning:allergy"}),
    (
        "cross-reactivity",
        ("cefuroxime-250", patient(allergies=allergic("penicillin", "high"), egfr=HEALTHY)),
        {},
        {"warning:allergy-cross"},
    ),
    ("another allergy", ("amlodipine-5", patient(allergies=allergic("penicillin", "high"))), {}, set()),
    ("the same twice", ("amlodipine-5", None, "amlodipine-5"), {}, {"block:duplicate"}),
    ("the same in a combination", ("amlodipine-5", None, "valsartan-amlodipine"), {}, {"warning:duplicate-substance"}),
    (
        "still there from another visit",
        ("amlodipine-5", None, "amlodipine-5"),
        {"here": False},
        {"warning:duplicate-substance"},
    ),
    ("nearly used up", ("amlodipine-5", None, "amlodipine-5"), {"here": False, "rest": 5}, set()),
    ("the same group", ("omeprazole-20", None, "pantoprazole-40"), {}, {"warning:duplicate-group"}),
    ("solvents may be repeated", ("nacl-100", None, "nacl-100"), {}, set()),
    ("a forbidden pair", ("domperidone-10", None, "clarithromycin-250"), {}, {"block:interaction"}),
    ("the pair the other way round", ("clarithromycin-250", None, "domperidone-10"), {}, {"block:interaction"}),
    ("a serious pair", ("omeprazole-20", None, "clopidogrel-75"), {}, {"warning:interaction"}),
    ("a pair to be watched", ("spironolactone-20", None, "enalapril-10"), {}, {"information:interaction"}),
    ("warfarin and an NSAID", ("warfarin-25", None, "celecoxib-200"), {}, {"warning:interaction"}),
    ("more than the highest daily dose", ("amlodipine-5",), {"units": "3"}, {"warning:dose"}),
    ("more than twice of it", ("amlodipine-5",), {"units": "5"}, {"block:dose"}),
    ("too much at once", ("paracetamol-500",), {"units": "3"}, {"warning:dose"}),
    ("an overlong course", ("domperidone-10",), {"days": 10}, {"warning:course", "information:length"}),
    ("half a capsule", ("omeprazole-20",), {"units": "0.5"}, {"block:divided"}),
    (
        "a child of unknown weight",
        ("amoxicillin-500", patient(**GIRL, skin_tests=NEGATIVE)),
        {},
        {"warning:weight-unknown"},
    ),
    (
        "a child below the limit",
        ("amoxicillin-500", patient(**GIRL, weight=measured("20"), skin_tests=NEGATIVE)),
        {},
        set(),
    ),
    (
        "a child above the limit",
        ("amoxicillin-500", patient(**GIRL, weight=measured("20"), skin_tests=NEGATIVE)),
        {"units": "1", "frequency": "qid"},
        {"warning:dose"},
    ),
    ("metformin and failing kidneys", ("metformin-500", patient(egfr=measured("40"))), {}, {"block:kidney"}),
    (
        "metformin and weak kidneys",
        ("metformin-500", patient(egfr=measured("52"))),
        {"units": "1.5", "frequency": "tid"},
        {"warning:kidney"},
    ),
    ("kidneys that nobody measured", ("metformin-500", patient()), {}, {"information:kidney-unknown"}),
    ("digoxin and failing kidneys", ("digoxin-025", patient(egfr=measured("20"))), {}, {"warning:kidney"}),
    ("too young", ("levofloxacin-500", patient(years=12, egfr=HEALTHY)), {}, {"warning:age"}),
    ("of unknown age", ("amlodipine-5", patient(years=None)), {}, {"warning:age-unknown"}),
    ("contraindicated in pregnancy", ("valsartan-80", patient(**PREGNANT)), {}, {"block:pregnancy"}),
    ("weighed up in pregnancy", ("amlodipine-5", patient(**PREGNANT)), {}, {"warning:pregnancy"}),
    ("allowed in pregnancy", ("levothyroxine-50", patient(**PREGNANT)), {}, set()),
    ("perhaps pregnant", ("valsartan-80", patient(**WOMAN)), {}, {"information:pregnancy-unknown"}),
    ("nursing", ("atorvastatin-20", patient(**NURSING)), {}, {"warning:lactation", "information:pregnancy-unknown"}),
    (
        "absolutely contraindicated",
        ("spironolactone-20", patient(diseases=diagnosed("E87.500"), egfr=HEALTHY)),
        {},
        {"block:contraindication"},
    ),
    (
        "to be avoided",
        ("bisoprolol-5", patient(diseases=diagnosed("J45.900"), egfr=HEALTHY)),
        {},
        {"warning:contraindication"},
    ),
    ("no skin test", ("penicillin-g-80",), {}, {"block:skin-test"}),
    (
        "an old skin test",
        ("penicillin-g-80", patient(skin_tests=skin("penicillin", positive=False, hours=80))),
        {},
        {"block:skin-test"},
    ),
    (
        "a positive skin test",
        ("penicillin-g-80", patient(skin_tests=skin("penicillin", positive=True, hours=1))),
        {},
        {"block:skin-test"},
    ),
    ("a negative skin test", ("penicillin-g-80", patient(skin_tests=NEGATIVE)), {}, set()),
    (
        "another skin test",
        ("penicillin-g-80", patient(skin_tests=skin("cephalosporin", positive=False, hours=1))),
        {},
        {"block:skin-test"},
    ),
    ("special tier by a chief", ("vancomycin-500",), {}, set()),
    ("special tier by an attending", ("vancomycin-500",), {"doctor": Prescriber("attending")}, {"block:tier"}),
    (
        "special tier in an emergency",
        ("vancomycin-500",),
        {"doctor": Prescriber("attending"), "days": 1},
        {"warning:tier"},
    ),
    ("restricted tier by a resident", ("ceftriaxone-1",), {"doctor": Prescriber("resident")}, {"block:tier"}),
    ("unrestricted tier by anybody", ("cefuroxime-250",), {"doctor": Prescriber(None)}, set()),
    ("narcotic tablets", ("morphine-10",), {"days": 3}, set()),
    ("narcotic tablets for too long", ("morphine-10",), {"days": 4}, {"block:controlled-days"}),
    ("for pain of cancer", ("morphine-10", patient(diseases=diagnosed("C34.900"))), {"days": 7}, set()),
    ("an injection for two days", ("morphine-inj-10",), {"days": 2}, {"block:controlled-days"}),
    ("without the right", ("morphine-10",), {"days": 3, "doctor": Prescriber("chief")}, {"block:controlled-right"}),
    ("without an ID number", ("morphine-10", patient(identity=False)), {"days": 3}, {"block:controlled-identity"}),
    (
        "methylphenidate for ADHD",
        ("methylphenidate-18", patient(years=10, diseases=diagnosed("F90.000"))),
        {"days": 15},
        set(),
    ),
    ("methylphenidate otherwise", ("methylphenidate-18",), {"days": 15}, {"block:controlled-days"}),
    ("a sleeping pill for a fortnight", ("estazolam-1",), {"days": 14}, {"warning:controlled-days"}),
    ("a month", ("amlodipine-5",), {"days": 28}, {"information:length"}),
    ("a month for a chronic disease", ("amlodipine-5", patient(diseases=diagnosed("I10"))), {"days": 28}, set()),
    ("more than twelve weeks", ("amlodipine-5",), {"days": 90}, {"warning:length"}),
    (
        "outside of what the insurance pays",
        ("dapagliflozin-10", patient(insured=True, egfr=HEALTHY)),
        {},
        {"information:insurance"},
    ),
    ("within it", ("dapagliflozin-10", patient(insured=True, egfr=HEALTHY, diseases=diagnosed("E11.900"))), {}, set()),
    ("eighteen antagonisms", ("fuzi", None, "fabanxia"), {}, {"warning:interaction"}),
    ("and the other way round", ("fabanxia", None, "fuzi"), {}, {"warning:interaction"}),
    ("nineteen fears", ("dingxiang", None, "yujin"), {}, {"warning:interaction"}),
    ("liquorice and its enemies", ("zhigancao", None, "haizao"), {}, {"warning:interaction"}),
    ("herbs that go together", ("huangqi", None, "danggui"), {}, set()),
    ("a herb forbidden in pregnancy", ("sanleng", patient(**PREGNANT)), {}, {"block:pregnancy"}),
    ("too much of a herb", ("fuzi",), {"units": "20"}, {"warning:dose"}),
]


@pytest.mark.parametrize(
    ("given_", "values", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_case(given_: tuple[Any, ...], values: dict[str, Any], expected: set[str]) -> None:
    assert check(*given_, **values) == expected


medicines = st.sampled_from(sorted(formulary()))


@given(medicines, st.decimals("0.25", "400", places=2), st.decimals("0.25", "400", places=2))
def test_more_is_never_less_dangerous(code: str, one: Decimal, other: Decimal) -> None:
    entry, order = formulary()[code], ("block", "warning", "information")
    less, more = sorted((one, other))

    def worst(units: Decimal) -> int:
        course = rules.Course(units * entry.medicine.strength, Decimal(1), 7, Decimal(1))
        found = rules.dose(entry.medicine, entry.knowledge, course, patient(egfr=measured("25")))
        return min((order.index(alert.level) for alert in found), default=3)

    assert worst(more) <= worst(less)


@given(medicines, medicines)
def test_an_interaction_does_not_depend_on_what_came_first(one: str, other: str) -> None:
    def levels(first: str, second: str) -> list[str]:
        a, b = formulary()[first], formulary()[second]
        running = [rules.Running(b.medicine, b.knowledge, "MedicationRequest/1")]
        return [alert.level for alert in rules.interactions(a.medicine, a.knowledge, running)]

    assert levels(one, other) == levels(other, one)


@given(st.integers(18, 99), st.decimals("0.3", "12", places=2), st.decimals("0.3", "12", places=2))
def test_more_creatinine_is_less_kidney(years: int, one: Decimal, other: Decimal) -> None:
    less, more = sorted((one, other))
    assert ckd_epi(more, "female", years) <= ckd_epi(less, "female", years)


def test_creatinine_in_both_units_is_one_kidney() -> None:
    """By the authors' own example: a woman of 60 with 1.0 mg/dL has 65 mL/min/1.73 m²."""
    for code, value, unit in (("14682-9", "88.4", "umol/L"), ("2160-0", "1.0", "mg/dL")):
        observation = {
            "id": "1",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "effectiveDateTime": "2026-11-20",
            "valueQuantity": {"value": value, "code": unit},
        }
        found = kidneys([observation], "female", 60, TODAY)
        assert found is not None
        assert 64 <= found.value <= 65
        assert kidneys([observation], "female", 60, date(2027, 11, 25)) is None


@pytest.mark.parametrize("code", sorted(formulary()))
def test_what_is_written_is_valid_and_read_back_alike(code: str) -> None:
    entry = formulary()[code]
    medication = json.loads(json.dumps(entry.medicine.to_resource()))
    knowledge = json.loads(json.dumps(entry.knowledge.to_resource(entry.medicine, entry.price)))
    assert validate(medication) == []
    assert validate(knowledge) == []
    assert Medicine.from_resource(medication) == entry.medicine
    assert Knowledge.from_resource(knowledge) == entry.knowledge


def test_doses_are_understood_in_every_unit_of_the_substance() -> None:
    metformin = formulary()["metformin-500"].medicine
    assert (
        metformin.units_of(Decimal(1000), "mg")
        == metformin.units_of(Decimal(1), "g")
        == metformin.units_of(Decimal(2), None)
        == 2
    )
    assert formulary()["levothyroxine-50"].medicine.units_of(Decimal("0.1"), "mg") == 2
    with pytest.raises(ValueError, match="ml"):
        metformin.units_of(Decimal(5), "ml")


def test_titles_decide_by_the_highest() -> None:
    held = [*rules_authority.rights("resident", controlled=False), *rules_authority.rights("chief", controlled=True)]
    assert rules_authority.prescriber({"qualification": held}) == CHIEF
    assert rules_authority.prescriber({"qualification": [{"code": {"text": "医师"}}]}) == Prescriber(None)
