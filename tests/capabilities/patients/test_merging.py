"""Merging two records and undoing it: nothing is lost, nothing goes to the wrong one."""

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.hospital import MORNING, REGISTRY, Clock, Hospital
from tests.postgres import Databases
from xinglin.fhir.types import Resource
from xinglin.kernel.application import Application
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.platform.database import Database
from xinglin.platform.identity import Actor, at_work, find_account

T = TypeVar("T")


async def pair(hospital: Hospital, one: str, other: str) -> str:
    return f"Task/{(await hospital.do('registrar', 'patients.compare', patient=one, other=other))['id']}"


def subject(resource: Resource) -> str:
    return str(resource["subject"]["reference"])


async def one_answers_for_other(hospital: Hospital, one: str, other: str, number: str) -> None:
    """Lists, numbers, work and the audit lead to the record that is left; nobody writes about the other."""
    assert [row.key for row in await hospital.rows("registrar", "patients.find", text=number)] == [one]
    assert (await hospital.do("registrar", "patients.identify", number=number))["id"] == one.partition("/")[2]
    assert one in [row.patient for row in await hospital.rows("pharmacist", "pharmacy.to_review")]
    seen = await hospital.rows("auditor", "auditing.who_saw", patient=one, limit=500)
    assert [row.what for row in seen].count("登记患者") == 2
    with pytest.raises(Refused, match="并入"):
        await hospital.do("doctor", "patients.record_allergy", patient=other, allergen="egg")


async def test_a_merge_moves_the_chart_and_its_undoing_gives_back_just_that(hospital: Hospital) -> None:
    one = await hospital.patient("赵合一", phone="13811110000")
    other = await hospital.patient("赵合壹", identity_number="440524188001010014", gender=None, birth_date=None)
    visit, _number = await hospital.signed_prescription(other)
    allergy = await hospital.do("doctor", "patients.record_allergy", patient=other, allergen="penicillin")
    before = {each: await hospital.read(each) for each in (one, other)}
    task = await pair(hospital, one, other)
    with pytest.raises(NotPermitted):
        await hospital.do("registrar", "patients.merge", pair=task, survivor=one, reason="同一人")
    await hospital.do("records", "patients.merge", pair=task, survivor=one, reason="核对身份证为同一人")
    assert await hospital.state("duplicate", task) == "SAME"
    left, gone = await hospital.read(one), await hospital.read(other)
    assert left["link"] == [{"other": {"reference": other}, "type": "replaces"}]
    assert (gone["active"], gone["link"]) == (False, [{"other": {"reference": one}, "type": "replaced-by"}])
    assert {each["value"] for each in left["identifier"]} == {
        each["value"] for held in before.values() for each in held["identifier"]
    }
    assert subject(await hospital.read(visit)) == one
    assert (await hospital.read(f"AllergyIntolerance/{allergy['id']}"))["patient"]["reference"] == one
    await one_answers_for_other(hospital, one, other, before[other]["identifier"][0]["value"])
    mine = await hospital.do("doctor", "patients.record_allergy", patient=one, allergen="egg")
    await hospital.do("doctor", "outpatient.reopen", visit=visit, reason="补充诊断")
    second = await hospital.do("doctor", "outpatient.diagnose", visit=visit, code="E11.9")
    assert subject(second) == one
    await hospital.deliver()
    await hospital.do("records", "patients.unmerge", pair=task, reason="其实是两人")
    for each in (one, other):
        after = await hospital.read(each)
        assert {**after, "meta": 0} == {**before[each], "meta": 0}
    assert subject(await hospital.read(visit)) == other
    assert subject(await hospital.read(f"Condition/{second['id']}")) == other
    assert (await hospital.read(f"AllergyIntolerance/{allergy['id']}"))["patient"]["reference"] == other
    assert (await hospital.read(f"AllergyIntolerance/{mine['id']}"))["patient"]["reference"] == one
    await hospital.deliver()
    assert await hospital.rows("records", "patients.duplicates", state="SAME") == []


async def test_what_other_systems_write_about_the_replaced_record_is_gathered(hospital: Hospital) -> None:
    one, other = (
        await hospital.patient("冯一", phone="13811110005"),
        await hospital.patient("冯义", phone="13811110006"),
    )
    task = await pair(hospital, one, other)
    await hospital.do("records", "patients.merge", pair=task, survivor=one, reason="同一人")
    (link,) = await hospital.rows("registrar", "patients.links", patient=one)
    assert (link.key, link.state, link.pair) == (other, "SAME", task)

    async def foreign(number: int) -> str:
        about = {"status": "final", "code": {"text": "血钾"}, "subject": {"reference": other}}
        async with hospital.application.database.transaction() as connection:
            context = hospital.application.context(connection, as_system("en"))
            # By the repository itself, as another system's write by FHIR comes.
            made = await context.repository.create({"resourceType": "Observation", **about}, id=f"late-{number}")
        return f"Observation/{made['id']}"

    written = [await foreign(1)]
    await hospital.deliver()
    written.append(await foreign(2))
    assert [subject(await hospital.read(each)) for each in written] == [one, other]
    await hospital.do("records", "patients.compare_all")
    await hospital.deliver()
    assert [subject(await hospital.read(each)) for each in written] == [one, one]
    await hospital.do("records", "patients.unmerge", pair=task, reason="两人")
    assert [subject(await hospital.read(each)) for each in written] == [other, other]


async def test_two_people_decide_where_both_have_a_visit_today(hospital: Hospital) -> None:
    one, other = (
        await hospital.patient("钱双", phone="13811110001"),
        await hospital.patient("钱霜", phone="13811110002"),
    )
    for each in (one, other):
        await hospital.waiting_visit(each)
    task = await pair(hospital, one, other)
    await hospital.do("records", "patients.merge", pair=task, survivor=one, reason="电话核实")
    assert await hospital.state("duplicate", task) == "APPROVAL"
    assert "link" not in await hospital.read(other)
    with pytest.raises(NotPermitted):
        await hospital.do("records", "patients.approve_merge", pair=task)
    await hospital.do("records2", "patients.decline_merge", pair=task, reason="再问一次")
    await hospital.do("records2", "patients.merge", pair=task, survivor=other, reason="已问过")
    await hospital.do("records", "patients.approve_merge", pair=task)
    assert (await hospital.read(one))["link"][0]["type"] == "replaced-by"
    with pytest.raises(Refused):
        await hospital.do("records", "patients.merge", pair=task, survivor=one, reason="再来")


async def test_what_must_not_be_merged_is_refused(hospital: Hospital) -> None:
    values = {"gender": None, "birth_date": None}
    one = await hospital.patient("孙甲", identity_number="11010519491231002X", **values)
    other = await hospital.patient("孙乙", identity_number="53010219200508011X", **values)
    third = await hospital.patient("孙丙")
    task = await pair(hospital, one, other)
    with pytest.raises(Refused, match="均有效"):
        await hospital.do("records", "patients.merge", pair=task, survivor=one, reason="同一人")
    with pytest.raises(Refused):
        await hospital.do("records", "patients.merge", pair=task, survivor=third, reason="同一人")
    await hospital.do("records", "patients.decide_later", pair=task)
    await hospital.do("records", "patients.keep_apart", pair=task, reason="两张证件均核对")
    assert task == await pair(hospital, other, one)
    with pytest.raises(Refused):
        await pair(hospital, one, one)


class Merges(RuleBasedStateMachine):
    """Registrations, visits, observations, merges and their undoing, against dictionaries of whose is what."""

    application: ClassVar[Application]
    records: ClassVar[Actor]
    runner: ClassVar[asyncio.Runner]
    patients = Bundle("patients")
    visits = Bundle("visits")

    def __init__(self) -> None:
        super().__init__()
        self.owner: dict[str, str] = {}
        self.visit_of: dict[str, str] = {}
        self.replaced: dict[str, str] = {}
        self.merged: dict[str, tuple[str, str, set[str]]] = {}
        self.people: list[str] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def written(self, resource: Resource) -> str:
        async with self.application.database.transaction() as connection:
            context = self.application.context(connection, as_system("en"), step="test")
            made = await context.create(resource)
        return f"{made['resourceType']}/{made['id']}"

    def command(self, name: str, **values: Any) -> Resource:
        return self.run(self.application.execute(name, values, self.records)).resource

    def living(self, patient: str) -> str:
        while patient in self.replaced:
            patient = self.replaced[patient]
        return patient

    @rule(target=patients)
    def register(self) -> str:
        patient = self.run(self.written({"resourceType": "Patient", "active": True, "name": [{"text": "甲"}]}))
        self.people.append(patient)
        return patient

    @rule(target=visits, patient=patients)
    def visit(self, patient: str) -> str:
        about = {"reference": self.living(patient)}
        encounter = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, "subject": about}
        made = self.run(self.written(encounter))
        self.owner[made] = about["reference"]
        return made

    @rule(patient=patients)
    def write(self, patient: str) -> None:
        self._observe(self.living(patient), None)

    @rule(visit=visits)
    def write_about(self, visit: str) -> None:
        self._observe(self.owner[visit], visit)

    def _observe(self, patient: str, visit: str | None) -> None:
        observation: Resource = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "体重"},
            "subject": {"reference": patient},
            **({"encounter": {"reference": visit}} if visit else {}),
        }
        made = self.run(self.written(observation))
        self.owner[made] = patient
        if visit:
            self.visit_of[made] = visit

    @rule(patient=patients, other=patients)
    def write_about_two(self, patient: str, other: str) -> None:
        """A family history that names both: each reference goes its own way."""
        one, two = self.living(patient), self.living(other)
        if one != two:
            observation = {
                "resourceType": "Observation",
                "status": "final",
                "code": {"text": "家族史"},
                "subject": {"reference": one},
                "focus": [{"reference": two}],
            }
            made = self.run(self.written(observation))
            self.owner[made] = one
            self.owner[f"{made}#focus"] = two

    @rule(patient=patients, other=patients)
    def merge(self, patient: str, other: str) -> None:
        left, gone = self.living(patient), self.living(other)
        if left == gone:
            return
        task = f"Task/{self.command('patients.compare', patient=left, other=gone)['id']}"
        self.command("patients.merge", pair=task, survivor=left, reason="test")
        moved = {name for name, owner in self.owner.items() if owner == gone}
        self.owner.update(dict.fromkeys(moved, left))
        self.replaced[gone] = left
        self.merged[task] = (left, gone, moved)

    @rule(choice=st.integers(0, 50))
    def unmerge(self, choice: int) -> None:
        if not self.merged:
            return
        task = sorted(self.merged)[choice % len(self.merged)]
        left, gone, moved = self.merged[task]
        if left in self.replaced:
            with pytest.raises(Refused):
                self.command("patients.unmerge", pair=task, reason="test")
            return
        self.command("patients.unmerge", pair=task, reason="test")
        del self.merged[task], self.replaced[gone]
        for name, owner in self.owner.items():
            if owner == left and (name in moved or self.visit_of.get(name) in moved):
                self.owner[name] = gone

    @invariant()
    def everything_is_whose_it_is(self) -> None:
        held = self.run(self._read([*self.people, *(name for name in self.owner if "#" not in name)]))
        for name, owner in self.owner.items():
            resource, _focus, focus = name.partition("#")
            where = held[resource]["focus"][0] if focus else held[resource]["subject"]
            assert where["reference"] == owner, name
        for patient in self.people:
            links = {each["other"]["reference"] for each in held[patient].get("link", ()) if each["type"] == "replaces"}
            assert links == {gone for gone, left in self.replaced.items() if left == patient}
            assert held[patient]["active"] == (patient not in self.replaced)

    async def _read(self, names: list[str]) -> dict[str, Resource]:
        async with self.application.reading(as_system("en")) as context:
            return await context.read_many(names)


def test_merges_against_a_model(empty_databases: Databases, furnished_template: str) -> None:
    """Whatever is merged and undone in whatever order, each resource belongs to whom the model says."""
    database = Database(empty_databases.create(furnished_template), min_size=1, max_size=2, application="tests")

    async def begin() -> None:
        await database.open()
        Merges.application = Application(REGISTRY, database, clock=Clock(MORNING))
        async with database.transaction() as connection:
            account = await find_account(connection, "records")
            assert account is not None
            Merges.records = await at_work(connection, account, MORNING)

    with asyncio.Runner() as runner:
        runner.run(begin())
        Merges.runner = runner
        chosen = settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        )
        run_state_machine_as_test(Merges, settings=chosen)
        runner.run(database.close())
