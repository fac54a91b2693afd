"""Skin tests before a medicine: what whoever read the skin writes down, and the checks at entry look for."""

from typing import Literal

from pydantic import Field

from xinglin.capabilities.pharmacy.patient import ALLERGEN, SKIN_TEST, TEST
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_

TESTED = {"penicillin": "青霉素类", "cephalosporin": "头孢菌素类"}
"""Allergens that are tested on the skin."""

RESULTS = {"negative": ("NEG", "阴性"), "positive": ("POS", "阳性")}
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


class RecordSkinTest(Input):
    """What a skin test showed."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    allergen: Literal["penicillin", "cephalosporin"] = Field(
        title=N_("Allergen"), json_schema_extra=select(TESTED.items())
    )
    result: Literal["negative", "positive"] = Field(title=N_("Result"))


@command(
    "pharmacy.record_skin_test",
    title=N_("Result of a skin test"),
    permission="pharmacy.skin_test",
    done=N_("Skin test recorded"),
)
async def record_skin_test(context: Context, input: RecordSkinTest) -> Resource:
    """Records a skin test that was read now. A negative one opens the medicines that need it for 72 hours; after a
    positive one they are blocked."""
    encounter = await context.read(input.visit, lock=True)
    code, text = RESULTS[input.result]
    value = build.concept(INTERPRETATION, code, text)
    return await context.create(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": build.concept(TEST, SKIN_TEST, "皮试"),
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "effectiveDateTime": build.instant(context.now),
            "performer": [build.reference(str(context.actor.practitioner), context.actor.name)],
            "valueCodeableConcept": value,
            "component": [
                {"code": build.concept(ALLERGEN, input.allergen, TESTED[input.allergen]), "valueCodeableConcept": value}
            ],
        }
    )
