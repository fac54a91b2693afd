"""Second registrations of some patients, with the mistakes that people make at a desk: what matching is measured by."""

from collections.abc import Iterator
from typing import NamedTuple

from xinglin.capabilities.patients.identity_number import SYSTEM
from xinglin.capabilities.patients.resources import MEDICAL_RECORD_NUMBER
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.synthetic.chance import Chance
from xinglin.synthetic.charting import chart
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.timeline import History

HOMOPHONES = (
    "张章",
    "李黎",
    "陈程",
    "王汪",
    "徐许",
    "余于",
    "静婧",
    "丽莉",
    "明铭",
    "伟炜",
    "军君",
    "芳方",
    "梅玫",
    "玲铃",
    "涛焘",
    "杰洁",
)
"""Characters that sound alike and are taken for one another."""

MISTAKES = ("homophone", "character", "no-identity-number", "identity-digits", "birth-day", "phone", "address")


class Second(NamedTuple):
    """A second registration, the id of the first one, and what was mistaken."""

    patient: Resource
    first: str
    mistakes: tuple[str, ...]


def second_registration(plan: Plan, number: int, patient: Resource) -> Second | None:
    """The second registration of a patient, for the share that has one."""
    chance = Chance(plan.seed, "duplicate", number)
    if not chance.of(plan.duplicates):
        return None
    second = {**patient, "id": plan.id("d", number)}
    second["identifier"] = [
        build.identifier(MEDICAL_RECORD_NUMBER, f"D{plan.seed}{number:08d}", "usual"),
        *(each for each in patient["identifier"] if each["system"] == SYSTEM),
    ]
    made = []
    for _ in range(1 if chance.of(0.6) else 2):
        wanted = chance.one(MISTAKES)
        if wanted not in made and _mistake(chance, second, wanted):
            made.append(wanted)
    return Second(second, patient["id"], tuple(made))


def truth(plan: Plan, histories: list[History]) -> Iterator[str]:
    """Lines of CSV: id of the second registration, id of the first one, mistakes with blanks between them."""
    for history in histories if plan.duplicates else ():
        patient = chart(plan, History(**{**vars(history), "visits": ()}))[0]
        if second := second_registration(plan, history.number, patient):
            yield f"{second.patient['id']},{second.first},{' '.join(second.mistakes)}"


def _mistake(chance: Chance, patient: Resource, kind: str) -> bool:
    """Makes a mistake in a registration; false where there is nothing that it could be made in."""
    before = dict(patient)
    if kind in ("homophone", "character"):
        _misname(chance, patient, kind)
    elif kind == "no-identity-number":
        patient["identifier"] = [each for each in patient["identifier"] if each["system"] != SYSTEM]
    elif kind == "identity-digits":
        patient["identifier"] = [
            {**each, "value": _swapped(chance, each["value"])} if each["system"] == SYSTEM else each
            for each in patient["identifier"]
        ]
    elif kind == "birth-day":
        year, month, day = patient["birthDate"].split("-")
        patient["birthDate"] = f"{year}-{day}-{month}" if int(day) <= 12 else f"{year}-{month}-{int(day) - 1:02d}"
    elif kind == "phone":
        patient["telecom"] = [{**each, "value": _swapped(chance, each["value"])} for each in patient["telecom"]]
    else:
        patient["address"] = [{**each, "text": each["text"].split(" ")[0]} for each in patient["address"]]
    return patient != before


def _misname(chance: Chance, patient: Resource, kind: str) -> None:
    text = patient["name"][0]["text"]
    if kind == "homophone":
        pair = next((pair for pair in HOMOPHONES for character in pair if character in text), None)
        if pair is None:
            return
        one, other = (pair[0], pair[1]) if pair[0] in text else (pair[1], pair[0])
        text = text.replace(one, other, 1)
    elif len(text) > 2:
        text = text[:-1] if chance.of(0.5) else text[0] + text[2] + text[1]
    patient["name"] = [{**patient["name"][0], "text": text}]


def _swapped(chance: Chance, digits: str) -> str:
    """The same with two neighbours among the last digits the wrong way round."""
    place = chance.whole(len(digits) - 5, len(digits) - 3)
    return digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
