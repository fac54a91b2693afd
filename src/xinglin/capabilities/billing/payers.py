"""Who pays for a visit: the Coverage that was chosen for it, kept in the visit's Account, or nobody but the patient.

The Account has the id of its visit, so that it is found without a search.
"""

from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

INSURANCE = "urn:xinglin:code:insurance"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
KINDS = {
    "employee": "城镇职工基本医疗保险",
    "resident": "城乡居民基本医疗保险",
    "commercial": "商业健康保险",
}
"""The kinds of insurance that are known here; who has none pays alone (`self`)."""
SELF = "self"


def account_of(visit: str) -> str:
    """The reference of a visit's Account."""
    return f"Account/{visit.partition('/')[2]}"


def account(encounter: Resource, coverage: Resource | None) -> Resource:
    """The Account of a visit: who pays for it before the patient does."""
    return build.without_empty(
        {
            "resourceType": "Account",
            "status": "active",
            "type": build.concept(ACT_CODE, "PBILLACCT", "就诊账户"),
            "subject": [encounter["subject"]],
            "coverage": [{"coverage": build.reference(coverage), "priority": 1}] if coverage else [],
        }
    )


def kind(coverage: Resource | None) -> str:
    """The kind of insurance of a Coverage; `self` for none, and for one that is of no known kind."""
    code = build.first_code((coverage or {}).get("type"), INSURANCE)
    return code if code in KINDS else SELF


async def coverage_of(context: Context, visit: str) -> Resource | None:
    """The Coverage that was chosen for a visit."""
    reference = account_of(visit)
    held = (await context.read_many([reference])).get(reference)
    chosen = [entry["coverage"]["reference"] for entry in (held or {}).get("coverage") or ()]
    return (await context.read_many(chosen)).get(chosen[0]) if chosen else None


async def kind_of(context: Context, visit: str) -> str:
    """The kind of insurance that a visit is paid by first, or `self`."""
    return kind(await coverage_of(context, visit))
