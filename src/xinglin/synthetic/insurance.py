"""Who pays: the kinds of insurance, and which one a patient has."""

from collections.abc import Iterator

from xinglin.capabilities.billing.payers import INSURANCE
from xinglin.capabilities.billing.payers import KINDS as NAMES
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.synthetic import references
from xinglin.synthetic.chance import Chance
from xinglin.synthetic.plan import Plan

KINDS = {
    "employee": (NAMES["employee"], "杏林市医疗保障局职工医保中心"),
    "resident": (NAMES["resident"], "杏林市医疗保障局居民医保中心"),
    "commercial": (NAMES["commercial"], "橘井健康保险公司"),
}
"""Kinds of insurance: name, and who pays."""


def payers(plan: Plan) -> Iterator[Resource]:
    """Those who pay, and their plans."""
    for code, (name, payer) in KINDS.items():
        organization = references.payer(plan, code)
        # Not marked as active: administration takes the active Organization that is part of none for the hospital.
        yield {
            "resourceType": "Organization",
            "id": organization.partition("/")[2],
            "type": [build.concept("http://terminology.hl7.org/CodeSystem/organization-type", "pay", "Payer")],
            "name": payer,
        }
        yield {
            "resourceType": "InsurancePlan",
            "id": f"s{plan.seed}-insurance-{code}",
            "status": "active",
            "type": [build.concept(INSURANCE, code, name)],
            "name": name,
            "ownedBy": build.reference(organization, payer),
        }


def coverage(plan: Plan, chance: Chance, patient: str, age: int) -> Resource | None:
    """The Coverage of a patient; None for those who pay themselves."""
    draw = chance.between(0, 1)
    if draw > 0.93:
        return None
    working = 0.05 if age < 18 else 0.68 if age < 60 else 0.5
    kind = "commercial" if draw > 0.9 else "employee" if age >= 18 and draw < working * 0.9 else "resident"
    name, payer = KINDS[kind]
    return {
        "resourceType": "Coverage",
        "status": "active",
        "type": build.concept(INSURANCE, kind, name),
        "subscriberId": f"99{chance.whole(0, 9999999999):010d}",
        "beneficiary": build.reference(f"Patient/{patient}"),
        "period": {"start": f"{plan.until.year - 1}-01-01"},
        "payor": [build.reference(references.payer(plan, kind), payer)],
    }
