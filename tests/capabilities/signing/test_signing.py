"""A doctor's record is signed when the visit is finished, and what becomes of it afterwards is told."""

import base64
from typing import Any

import pytest

from tests.hospital import SECRET_KEY, Hospital
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import NotPermitted
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings


@pytest.fixture
async def finished(hospital: Hospital) -> tuple[str, Resource]:
    """A finished visit's record, and the Provenance with its signature."""
    visit, _number = await hospital.signed_prescription(await hospital.patient())
    async with hospital.application.reading(as_system("zh_CN")) as context:
        (record,) = (await context.search("Composition", [("encounter", visit)])).resources
        found = await context.search("Provenance", [("target", f"Composition/{record['id']}")])
    (provenance,) = found.resources
    return f"Composition/{record['id']}", provenance


async def issues(hospital: Hospital, provenance: Resource) -> list[dict[str, Any]]:
    outcome = await hospital.do("doctor", "signing.verify", signature=f"Provenance/{provenance['id']}")
    found: list[dict[str, Any]] = outcome["issue"]
    return found


async def changed(hospital: Hospital, reference: str, **elements: Any) -> None:
    """Changes a resource as an integrator may."""
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, as_system("zh_CN"))
        await context.update({**await context.read(reference, lock=True), **elements})


async def test_finishing_a_visit_signs_record_diagnoses_and_prescriptions(
    hospital: Hospital, finished: tuple[str, Resource]
) -> None:
    record, provenance = finished
    targets = [target["reference"] for target in provenance["target"]]
    assert [target.partition("/")[0] for target in targets] == ["Composition", "Condition", "MedicationRequest"]
    assert targets[0].startswith(f"{record}/_history/")
    (signature,) = provenance["signature"]
    assert signature["who"]["reference"] == hospital.people["doctor"].practitioner
    (told,) = await issues(hospital, provenance)
    assert told["severity"] == "information"
    assert "ES256" in told["diagnostics"]
    (row,) = await hospital.rows("doctor", "signing.signatures", document=record)
    assert (row.changes, row.algorithm) == (0, "ES256")


async def test_every_element_that_changes_later_is_told_with_what_it_was(
    hospital: Hospital, finished: tuple[str, Resource]
) -> None:
    record, provenance = finished
    before = await hospital.read(record)
    section = [{**before["section"][0], "title": "别的"}, *before["section"][1:]]
    await changed(hospital, record, section=section, title="新标题")
    first, *later = await issues(hospital, provenance)
    assert first["severity"] == "information"
    assert {(each["expression"][0], each["diagnostics"].partition(": ")[2]) for each in later} == {
        ("Composition.section[0].title", "主诉 → 别的"),
        ("Composition.title", "门诊病历 → 新标题"),
    }
    (row,) = await hospital.rows("doctor", "signing.signatures", document=record)
    assert row.changes == 2


async def test_what_is_changed_in_the_database_itself_is_found_out(
    hospital: Hospital, finished: tuple[str, Resource]
) -> None:
    _record, provenance = finished
    diagnosis = next(t["reference"] for t in provenance["target"] if t["reference"].startswith("Condition"))
    _type, id, _history, _version = diagnosis.split("/")
    spoil = (
        "UPDATE resource SET content = replace(content::text, 'I10', 'I11')::json WHERE type = 'Condition' AND id = %s"
    )
    async with hospital.application.database.transaction() as connection:
        await connection.execute(spoil, (id,))
    first, second = await issues(hospital, provenance)
    assert first["severity"] == second["severity"] == "error"
    assert diagnosis in second["diagnostics"]
    (row,) = await hospital.rows("doctor", "signing.signatures", document=f"Condition/{id}")
    assert row.verdict == "与签名内容不符"


async def test_a_signature_that_was_tampered_with_does_not_fit(
    hospital: Hospital, finished: tuple[str, Resource]
) -> None:
    _record, provenance = finished
    (signature,) = provenance["signature"]
    header, manifest, numbers = base64.b64decode(signature["data"]).split(b".")
    padded = manifest + b"=" * (-len(manifest) % 4)
    other = base64.urlsafe_b64decode(padded).replace(b"Practitioner/", b"Practitioner/x")
    forged = base64.urlsafe_b64encode(other).rstrip(b"=")
    unknown = base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"0000000000000000"}').rstrip(b"=")
    for data in (b".".join((header, forged, numbers)), b".".join((unknown, manifest, numbers)), b"x.y.z", b"x"):
        copy = {**signature, "data": base64.b64encode(data).decode()}
        await changed(hospital, f"Provenance/{provenance['id']}", signature=[copy])
        (told,) = await issues(hospital, provenance)
        assert told["severity"] == "error"
    await changed(hospital, f"Provenance/{provenance['id']}", signature=[signature])
    assert [each["severity"] for each in await issues(hospital, provenance)] == ["information"]


async def test_a_record_that_is_amended_is_signed_again(hospital: Hospital, finished: tuple[str, Resource]) -> None:
    record, first = finished
    visit = (await hospital.read(record))["encounter"]["reference"]
    hospital.clock.forward(minutes=1)
    await hospital.do("doctor", "outpatient.reopen", visit=visit, reason="补充")
    await hospital.do(
        "doctor", "outpatient.write_note", visit=visit, chief_complaint="头晕 3 周", present_illness="无。"
    )
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    latest, earliest = await hospital.rows("doctor", "signing.signatures", document=record)
    assert latest.changes == 0
    assert earliest.key == f"Provenance/{first['id']}"
    assert earliest.changes > 0


async def test_keys_are_one_s_own_and_can_be_revoked(hospital: Hospital, finished: tuple[str, Resource]) -> None:
    record, provenance = finished
    hospital.clock.forward(minutes=1)
    await hospital.do("doctor", "signing.revoke")
    (told,) = await issues(hospital, provenance)
    assert told["severity"] == "information"
    again = await hospital.do("doctor", "signing.sign", targets=[record])

    def kid(each: Resource) -> bytes:
        header = base64.b64decode(each["signature"][0]["data"]).split(b".")[0]
        return base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4))

    assert kid(again) != kid(provenance)
    with pytest.raises(NotFound):
        await hospital.do("doctor", "signing.sign", targets=["Composition/nothing"])
    with pytest.raises(NotPermitted):
        await hospital.do("cashier", "signing.sign", targets=[record])


async def test_the_other_suite_signs_by_sm2(hospital: Hospital, finished: tuple[str, Resource]) -> None:
    record, _provenance = finished
    database = hospital.application.database
    async with database.transaction() as connection:
        context = hospital.application.context(connection, hospital.people["doctor"])
        context.repository.seal = Seal(Settings(secret_key=SECRET_KEY, crypto_suite="sm"))
        made = await context.call("signing.sign", targets=[record])
    (told,) = await issues(hospital, made)
    assert told["severity"] == "information"
    assert "SM2" in told["diagnostics"]
