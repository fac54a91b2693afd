"""How this capability writes visits, queue places, notes, diagnoses and vital signs as R4 resources."""

import html
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xinglin.fhir import build
from xinglin.fhir.types import Resource

VISIT_NUMBER = "urn:xinglin:id:visit"
QUEUE_NUMBER = "urn:xinglin:id:queue"
ICD10 = "urn:oid:2.16.156.10011.2.3.3.11"
"""The national clinical edition of ICD-10, by the OID that the shared health documents of China use."""

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
EXECUTED = ("108252007", "363679005", "277132007")
"""Categories of orders that somebody carries out: laboratory, imaging, treatment (SNOMED CT)."""

QUEUE_REASON = "urn:xinglin:code:queue-reason"
RESULTS_READY = "results-ready"
READY = build.concept(QUEUE_REASON, RESULTS_READY, "报告回诊")
"""`Task.businessStatus` of the place in the queue of somebody who has results."""

TRIAGE_SIGN = "urn:xinglin:code:triage-sign"
CONSCIOUSNESS = {"alert": "清醒", "verbal": "意识模糊", "pain": "仅对疼痛有反应", "unresponsive": "无反应"}

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
CONDITION_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
DIAGNOSIS_KIND = "urn:xinglin:code:diagnosis-kind"
TRADITIONAL = "tcm"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

SECTIONS = {
    "chief_complaint": ("10154-3", "主诉"),
    "present_illness": ("10164-2", "现病史"),
    "past_history": ("11348-0", "既往史"),
    "examination": ("29545-1", "体格检查"),
    "plan": ("18776-5", "处理"),
}
"""Sections of the outpatient record: field, LOINC code, heading (WS 445 outpatient record)."""


def visit(
    *, number: str, patient: str, patient_name: str, practitioner: str, clinic: str, appointment: str, start: datetime
) -> Resource:
    """An ambulatory Encounter."""
    return {
        "resourceType": "Encounter",
        "identifier": [build.identifier(VISIT_NUMBER, number)],
        "class": build.coding(ACT_CODE, "AMB", "ambulatory"),
        "serviceType": {"text": clinic},
        "subject": build.reference(patient, patient_name),
        "participant": [
            {"type": [build.concept(PARTICIPATION, "ATND", "attender")], "individual": build.reference(practitioner)}
        ],
        "appointment": [build.reference(appointment)],
        "period": {"start": build.instant(start)},
    }


def attended(encounter: Resource, practitioner: str, clinic: str) -> Resource:
    """A visit with another doctor, in another clinic."""
    others = [
        entry
        for entry in encounter.get("participant") or ()
        if build.first_code((entry.get("type") or [None])[0]) != "ATND"
    ]
    doctor = {"type": [build.concept(PARTICIPATION, "ATND", "attender")], "individual": build.reference(practitioner)}
    return {**encounter, "serviceType": {"text": clinic}, "participant": [doctor, *others]}


def attender(encounter: Resource) -> str | None:
    """The practitioner who attends the visit."""
    for entry in encounter.get("participant") or ():
        if build.first_code((entry.get("type") or [None])[0]) == "ATND":
            return str(entry["individual"]["reference"])
    return None


def queue_place(encounter: Resource, number: str, owner: str, moment: datetime) -> Resource:
    """A Task: the visit's place in the doctor's queue."""
    return {
        "resourceType": "Task",
        "identifier": [build.identifier(QUEUE_NUMBER, number)],
        "intent": "order",
        "code": {"text": "门诊候诊"},
        "focus": build.reference(encounter),
        "for": encounter["subject"],
        "encounter": build.reference(encounter),
        "owner": build.reference(owner),
        "authoredOn": build.instant(moment),
        "lastModified": build.instant(moment),
    }


def returns(place: Resource) -> bool:
    """Whether a place in the queue is that of somebody who comes back with results."""
    return build.first_code(place.get("businessStatus"), QUEUE_REASON) == RESULTS_READY


def narrative(text: str) -> dict[str, str]:
    """A generated Narrative that shows `text` with its line breaks."""
    body = "<br/>".join(html.escape(line) for line in text.splitlines())
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'}


def plain(value: dict[str, Any] | None) -> str:
    """The text of a Narrative, its line breaks kept, everything else of the markup taken away."""
    body = re.sub(r"<br\s*/?>", "\n", str((value or {}).get("div", "")))
    return html.unescape(re.sub(r"<[^>]+>", "", body)).strip()


def note(encounter: Resource, author: str, values: dict[str, str | None], moment: datetime) -> Resource:
    """A Composition: the outpatient record of a visit, not yet signed. Blank fields give no section."""
    return {
        "resourceType": "Composition",
        "status": "preliminary",
        "type": build.concept(LOINC, "34108-1", "门诊病历"),
        "subject": encounter["subject"],
        "encounter": build.reference(encounter),
        "date": build.instant(moment),
        "author": [build.reference(author)],
        "title": "门诊病历",
        "section": [
            {"title": title, "code": build.concept(LOINC, code, title), "text": narrative(str(values[field]))}
            for field, (code, title) in SECTIONS.items()
            if values.get(field)
        ],
    }


def signed(composition: Resource | None) -> bool:
    """Whether a doctor has signed the outpatient record."""
    return any(entry.get("mode") == "legal" for entry in (composition or {}).get("attester") or ())


def note_values(composition: Resource | None) -> dict[str, str]:
    """The fields of an outpatient record by name; absent ones are blank."""
    by_code = {
        build.first_code(section.get("code")): plain(section.get("text"))
        for section in (composition or {}).get("section") or ()
    }
    return {field: by_code.get(code, "") for field, (code, _title) in SECTIONS.items()}


def diagnosis(encounter: Resource, code: str, name: str, certain: bool, author: str, moment: datetime) -> Resource:
    """A Condition: a diagnosis of this visit, confirmed or provisional."""
    verification = "confirmed" if certain else "provisional"
    return {
        "resourceType": "Condition",
        "clinicalStatus": build.concept(CONDITION_CLINICAL, "active"),
        "verificationStatus": build.concept(CONDITION_VERIFICATION, verification),
        "category": [build.concept(CONDITION_CATEGORY, "encounter-diagnosis")],
        "code": build.concept(ICD10, code, name),
        "subject": encounter["subject"],
        "encounter": build.reference(encounter),
        "recordedDate": build.instant(moment),
        "recorder": build.reference(author),
    }


def traditional_diagnosis(encounter: Resource, name: str, author: str, moment: datetime) -> Resource:
    """A Condition: a diagnosis of traditional Chinese medicine, in words."""
    made = diagnosis(encounter, "", name, True, author, moment)
    made["category"] = [*made["category"], build.concept(DIAGNOSIS_KIND, TRADITIONAL, "中医诊断")]
    return {**made, "code": {"text": name}}


def problem(condition: Resource, since: date | None, author: str, moment: datetime) -> Resource:
    """A Condition of the problem list that rests on a diagnosis of a visit."""
    return build.without_empty(
        {
            "resourceType": "Condition",
            "clinicalStatus": build.concept(CONDITION_CLINICAL, "active"),
            "verificationStatus": condition["verificationStatus"],
            "category": [build.concept(CONDITION_CATEGORY, "problem-list-item")],
            "code": condition["code"],
            "subject": condition["subject"],
            "encounter": condition.get("encounter"),
            "onsetDateTime": since.isoformat() if since else None,
            "recordedDate": build.instant(moment),
            "recorder": build.reference(author),
            "evidence": [{"detail": [build.reference(condition)]}],
        }
    )


def _observation(encounter: Resource, performer: str | None, moment: datetime, code: dict[str, Any]) -> Resource:
    return build.without_empty(
        {
            "resourceType": "Observation",
            "status": "final",
            "category": [build.concept(OBSERVATION_CATEGORY, "vital-signs", "生命体征")],
            "code": code,
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "effectiveDateTime": build.instant(moment),
            "performer": [build.reference(performer)] if performer else [],
        }
    )


VITAL_SIGNS = {
    "pulse": ("8867-4", "脉搏", "次/分", "/min"),
    "temperature": ("8310-5", "体温", "℃", "Cel"),
    "saturation": ("59408-5", "血氧饱和度", "%", "%"),
    "weight": ("29463-7", "体重", "kg", "kg"),
    "height": ("8302-2", "身高", "cm", "cm"),
}
"""Vital signs of one value: field, LOINC code, name, unit shown, UCUM code (R4 vital signs profiles)."""


def vital_sign(
    encounter: Resource, performer: str | None, moment: datetime, field: str, value: Decimal | int
) -> Resource:
    """An Observation of one vital sign."""
    code, name, unit, ucum = VITAL_SIGNS[field]
    observation = _observation(encounter, performer, moment, build.concept(LOINC, code, name))
    return {**observation, "valueQuantity": build.quantity(value, unit, ucum)}


def blood_pressure(
    encounter: Resource, performer: str | None, moment: datetime, systolic: int, diastolic: int
) -> Resource:
    """An Observation of blood pressure with its two components (R4 profile bp)."""
    observation = _observation(encounter, performer, moment, build.concept(LOINC, "85354-9", "血压"))
    parts = (("8480-6", "收缩压", systolic), ("8462-4", "舒张压", diastolic))
    return {
        **observation,
        "component": [
            {"code": build.concept(LOINC, code, name), "valueQuantity": build.quantity(value, "mmHg", "mm[Hg]")}
            for code, name, value in parts
        ],
    }


def triage_signs(
    encounter: Resource, performer: str | None, moment: datetime, pain: int | None, consciousness: str | None
) -> list[Resource]:
    """Observations of what triage asks beside vital signs: pain from 0 to 10 as the patient says, and consciousness."""
    found = []
    if pain is not None:
        code = build.concept(LOINC, "72514-3", "疼痛评分")
        found.append({**_observation(encounter, performer, moment, code), "valueInteger": pain})
    if consciousness is not None:
        code = build.concept(TRIAGE_SIGN, "consciousness", "意识")
        value = build.concept(TRIAGE_SIGN, consciousness, CONSCIOUSNESS[consciousness])
        found.append({**_observation(encounter, performer, moment, code), "valueCodeableConcept": value})
    return found
