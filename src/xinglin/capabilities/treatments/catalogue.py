"""What is carried out for a patient by order: injections, dressings, skin tests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.platform.i18n import gettext as _

TREATMENT = "urn:xinglin:code:treatment"
TREATMENTS = "treatments"
"""Id of the CodeSystem that treatments are chosen from."""

ALLERGEN = "urn:xinglin:code:allergen"
TESTED = "urn:xinglin:extension:tested-allergen"

TABLE = """
skin-test-penicillin|青霉素皮试|12.00|penicillin
skin-test-cephalosporin|头孢菌素皮试|12.00|cephalosporin
injection-im|肌内注射|5.00|
injection-sc|皮下注射|5.00|
injection-iv|静脉注射|8.00|
infusion|静脉输液|18.00|
nebulization|雾化吸入|20.00|
oxygen|吸氧（每次）|10.00|
dressing-small|换药（小）|15.00|
dressing-medium|换药（中）|25.00|
dressing-large|换药（大）|40.00|
suture-removal|拆线|20.00|
"""
"""code | name | price | the allergen that a skin test tests"""


@dataclass(frozen=True)
class Treatment:
    """A treatment; `allergen` where it is a skin test."""

    code: str
    name: str
    allergen: str = ""

    @classmethod
    def from_resource(cls, resource: Resource) -> "Treatment":
        """From an ActivityDefinition."""
        tested: Json = next((item for item in resource.get("extension") or () if item["url"] == TESTED), {})
        return cls(resource["id"], str(resource.get("title", "")), str(tested.get("valueCoding", {}).get("code", "")))


def offers() -> list[tuple[Treatment, str]]:
    """Every treatment with which a new hospital begins, with its price."""
    rows = [line.split("|") for line in TABLE.strip().splitlines()]
    return [(Treatment(code, name, allergen), price) for code, name, price, allergen in rows]


def resources() -> Iterator[Resource]:
    """ActivityDefinitions, and the CodeSystem that treatments are found by."""
    for treatment, _price in offers():
        tested = [{"url": TESTED, "valueCoding": build.coding(ALLERGEN, treatment.allergen)}]
        yield build.without_empty(
            {
                "resourceType": "ActivityDefinition",
                "id": treatment.code,
                "extension": tested if treatment.allergen else [],
                "url": f"urn:xinglin:treatment:{treatment.code}",
                "name": "".join(part.capitalize() for part in treatment.code.split("-")),
                "title": treatment.name,
                "status": "active",
                "kind": "ServiceRequest",
                "code": build.concept(TREATMENT, treatment.code, treatment.name),
            }
        )
    yield {
        "resourceType": "CodeSystem",
        "id": TREATMENTS,
        "url": TREATMENT,
        "name": "Treatments",
        "title": "治疗项目",
        "status": "active",
        "content": "complete",
        "concept": [{"code": each.code, "display": each.name} for each, _price in offers()],
    }


async def read_treatments(context: Context, codes: Iterable[str]) -> dict[str, Treatment]:
    """Treatments by their codes; those that do not exist any more are absent."""
    held = await context.read_many(f"ActivityDefinition/{code}" for code in codes if code)
    known = [item for item in held.values() if build.first_code(item.get("code"), TREATMENT)]
    return {item["id"]: Treatment.from_resource(item) for item in known if item.get("status") == "active"}


async def read_treatment(context: Context, code: str) -> Treatment:
    """The treatment with this code. Raises `Refused` where the catalogue holds none."""
    held = await read_treatments(context, [code])
    if code not in held:
        raise Refused(_("The catalogue holds no treatment {code}").format(code=code), expression="treatment")
    return held[code]
