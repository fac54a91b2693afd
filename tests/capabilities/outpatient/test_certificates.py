"""Sick notes and certificates: their days, their numbers, their signatures, their end."""

import pytest

from tests.capabilities.outpatient.test_basket import signed_targets
from tests.hospital import Hospital
from xinglin.kernel.errors import Alerted, Refused


async def test_a_sick_note_is_numbered_signed_printed_and_revoked(hospital: Hospital) -> None:
    patient = await hospital.patient("王病假")
    visit = await hospital.consultation(patient)
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.issue_sick_note", visit=visit, days=3)
    await hospital.write_record(visit)
    note = await hospital.do("doctor", "outpatient.issue_sick_note", visit=visit, days=3, advice="多休息")
    reference = f"Composition/{note['id']}"
    assert note["identifier"]["value"].startswith("ZM2611")
    assert note["extension"][0]["valuePeriod"] == {"start": "2026-11-23", "end": "2026-11-25"}
    assert (await signed_targets(hospital))[0] == {reference}

    printout = hospital.application.registry.printouts["outpatient.certificate"]
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        data = await printout.run(context, {"certificate": reference})
        with pytest.raises(Refused):
            await printout.run(context, {"certificate": await record_of(hospital, visit)})
    assert "2026-11-25" in data["sections"][1]["text"]
    assert not data["revoked"]

    with pytest.raises(Refused):
        await hospital.do("doctor2", "outpatient.revoke_certificate", certificate=reference, reason="开错")
    revoked = await hospital.do("doctor", "outpatient.revoke_certificate", certificate=reference, reason="开错")
    assert revoked["status"] == "entered-in-error"
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        assert (await printout.run(context, {"certificate": reference}))["revoked"]
    with pytest.raises(Refused):
        await hospital.do("doctor", "outpatient.revoke_certificate", certificate=reference, reason="再次")
    await hospital.do("doctor", "outpatient.finish", visit=visit)


async def record_of(hospital: Hospital, visit: str) -> str:
    async with hospital.application.reading(hospital.people["doctor"]) as context:
        found = await context.search("Composition", [("encounter", visit), ("type", "http://loinc.org|34108-1")])
    return f"Composition/{found.resources[0]['id']}"


async def test_days_beyond_the_usual_ask_for_a_reason_or_are_refused(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("李长假"))
    await hospital.write_record(visit)
    for days, blocked in ((8, False), (31, True)):
        with pytest.raises(Alerted) as shown:
            await hospital.do("doctor", "outpatient.issue_sick_note", visit=visit, days=days)
        assert shown.value.blocked is blocked
    await hospital.do("doctor", "outpatient.issue_sick_note", visit=visit, days=8, reason="术后")
    with pytest.raises(Alerted) as twice:
        await hospital.do("doctor", "outpatient.issue_sick_note", visit=visit, days=2)
    assert [alert.code for alert in twice.value.alerts] == ["rest-twice"]
    for first in ("2026-11-01", "2026-12-20"):
        with pytest.raises(Refused):
            await hospital.do("doctor", "outpatient.issue_sick_note", visit=visit, days=2, first=first)


async def test_a_certificate_of_a_diagnosis_has_the_doctor_s_opinion(hospital: Hospital) -> None:
    visit = await hospital.consultation(await hospital.patient("赵证明"))
    await hospital.write_record(visit)
    made = await hospital.do("doctor", "outpatient.certify_diagnosis", visit=visit, opinion="定期复查血压。")
    assert "原发性高血压" in made["section"][0]["text"]["div"]
    assert (await hospital.state("certificate", f"Composition/{made['id']}")) == "ISSUED"
