"""All official examples of R4: each is valid, or refused for a reason that holds."""

from tests.fhir.examples import examples
from xinglin.fhir import json
from xinglin.fhir.validation import validate

_NO_BASE = "SearchParameter.base: 1..* in R4, and these have none"
_EMPTY_TEXT = "Narrative.div: txt-2, the narrative has no content but white space"
_NOT_ABSTRACT = "StructureDefinition: sdf-4, not abstract and without a baseDefinition"
_IG = "ImplementationGuide: name and status are 1..1, and one reference has an id of more than 64 characters"
REFUSED: dict[str, tuple[str, str]] = {
    "ActivityDefinition-blood-tubes-supply": ("ActivityDefinition.text.div", _EMPTY_TEXT),
    "ActivityDefinition-heart-valve-replacement": ("ActivityDefinition.text.div", _EMPTY_TEXT),
    "EventDefinition-example": ("EventDefinition.text.div", _EMPTY_TEXT),
    "Questionnaire-zika-virus-exposure-assessment": ("Questionnaire.text.div", _EMPTY_TEXT),
    "Bundle-dataelements": ("Bundle", "bdl-7: the same fullUrl is there more than once"),
    "DeviceMetric-example": ("DeviceMetric.parent.reference", "refers to DeviceDefinition; R4: Device"),
    "DeviceUseStatement-example": ("DeviceUseStatement.reasonReference[0].reference", "refers to Procedure; not in R4"),
    "ig-r4": ("ImplementationGuide.name", _IG),
    "ImplementationGuide-fhir": ("ImplementationGuide.name", _IG),
    "MedicationRequest-medrx0301": (
        "MedicationRequest.dispenseRequest.performer.reference",
        "refers to Practitioner; R4: Organization",
    ),
    "Observation-clinical-gender": ("Observation.performer[0].reference", "refers to Encounter; not in R4"),
    "Questionnaire-qs1": ("Questionnaire.item[0].item[0].linkId", "linkId is 1..1 in R4"),
    "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject": (
        "SearchParameter.id",
        "an id has at most 64 characters",
    ),
    **{
        f"SearchParameter-{kind.lower()}-extensions-{kind}-{name}": ("SearchParameter.base", _NO_BASE)
        for kind in ("CodeSystem", "ValueSet")
        for name in ("author", "effective", "end", "keyword", "workflow")
    },
    **{
        f"StructureDefinition-{name}": ("StructureDefinition", _NOT_ABSTRACT)
        for name in ("Definition", "Event", "FiveWs", "Request")
    },
}


def test_all_examples() -> None:
    seen, refused = 0, {}
    for name, text in examples():
        issues = validate(json.loads(text))
        seen += 1
        if issues:
            refused[name] = {issue.expression for issue in issues}
    assert seen == 5306
    assert refused.keys() == REFUSED.keys()
    for name, (expression, reason) in REFUSED.items():
        assert expression in refused[name], reason
