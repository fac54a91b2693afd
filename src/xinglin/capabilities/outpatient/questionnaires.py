"""How structured histories are written as R4 Questionnaire and QuestionnaireResponse, and read as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from xinglin.capabilities.outpatient.resources import SECTIONS
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

DEPARTMENT = "urn:xinglin:department"
SECTION = "urn:xinglin:extension:record-section"
UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
VENUE = build.coding("http://terminology.hl7.org/CodeSystem/usage-context-type", "venue", "Clinical Venue")

KINDS = {
    "string": N_("Short text"),
    "text": N_("Long text"),
    "boolean": N_("Present or absent"),
    "choice": N_("One of several"),
    "several": N_("Several of several"),
    "decimal": N_("Numeric value"),
    "date": N_("Day"),
}
"""Kinds of questions: `several` is a choice that repeats, all others are R4 item types."""


@dataclass(frozen=True)
class Question:
    """An item of a Questionnaire. `section` is the field of the record that its answer goes into."""

    link: str
    text: str
    kind: str
    section: str
    options: tuple[str, ...] = ()
    unit: str = ""
    required: bool = False

    def to_item(self) -> Json:
        """As an item."""
        extensions: list[Json] = [{"url": SECTION, "valueCode": self.section}]
        if self.unit:
            extensions.append({"url": UNIT, "valueCoding": {"display": self.unit}})
        return build.without_empty(
            {
                "extension": extensions,
                "linkId": self.link,
                "text": self.text,
                "type": "choice" if self.kind == "several" else self.kind,
                "required": self.required,
                "repeats": self.kind == "several",
                "answerOption": [{"valueString": option} for option in self.options],
            }
        )

    @classmethod
    def from_item(cls, item: Json) -> "Question":
        """From an item; one of a kind that is not known here is a short text."""
        extensions = {entry["url"]: entry for entry in item.get("extension") or ()}
        kind = "several" if item.get("type") == "choice" and item.get("repeats") else str(item.get("type"))
        section = str(extensions.get(SECTION, {}).get("valueCode", "present_illness"))
        return cls(
            link=str(item["linkId"]),
            text=str(item.get("text", "")),
            kind=kind if kind in KINDS else "string",
            section=section if section in SECTIONS else "present_illness",
            options=tuple(str(option.get("valueString", "")) for option in item.get("answerOption") or ()),
            unit=str(extensions.get(UNIT, {}).get("valueCoding", {}).get("display", "")),
            required=bool(item.get("required")),
        )

    def answers(self, given: Sequence[str]) -> list[Json]:
        """What was entered as R4 answers.

        Raises:
            ValueError: it does not fit the question; the message says what is accepted.
        """
        if self.kind in ("choice", "several"):
            if unknown := [text for text in given if text not in self.options]:
                raise ValueError(
                    _("“{text}” is none of {accepted}").format(text=unknown[0], accepted=listed(self.options))
                )
            return [{"valueString": text} for text in (given if self.kind == "several" else given[:1])]
        return [self._answer(text.strip()) for text in given[:1]]

    def _answer(self, text: str) -> Json:
        if self.kind == "boolean":
            if text not in ("true", "false"):
                raise ValueError(_("must be one of {expected}").format(expected="true, false"))
            return {"valueBoolean": text == "true"}
        if self.kind == "date":
            try:
                return {"valueDate": date.fromisoformat(text).isoformat()}
            except ValueError:
                raise ValueError(_("must be a date like 1968-03-12")) from None
        if self.kind == "decimal":
            try:
                number = Decimal(text)
            except InvalidOperation:
                number = Decimal("NaN")
            if not number.is_finite() or len(text) > 18 or "e" in text.casefold():
                raise ValueError(_("must be a number"))
            return {"valueDecimal": number}
        if len(text) > 1000:
            raise ValueError(_("has more than {max_length} characters").format(max_length=1000))
        return {"valueString": text}

    def told(self, answers: Sequence[Json]) -> str:
        """The answer as the record says it; blank where there is none."""
        if not answers:
            return ""
        value = next(iter(answers[0].values()))
        if self.kind == "boolean":
            return (_("{symptom} present") if value else _("no {symptom}")).format(symptom=self.text)
        if self.kind in ("choice", "several"):
            return f"{self.text}：{'、'.join(str(next(iter(item.values()))) for item in answers)}"
        return f"{self.text}：{value}{' ' + self.unit if self.unit else ''}"


def questions(questionnaire: Resource) -> list[Question]:
    """The questions in their order."""
    return [Question.from_item(item) for item in questionnaire.get("item") or ()]


def template(title: str, department: str, name: str, url: str, version: int, items: Sequence[Question]) -> Resource:
    """A Questionnaire of a department, `Organization/1` called `name`."""
    return build.without_empty(
        {
            "resourceType": "Questionnaire",
            "meta": {"tag": [{"system": DEPARTMENT, "code": department.partition("/")[2]}]},
            "url": url,
            "version": str(version),
            "title": title,
            "subjectType": ["Patient"],
            "publisher": name,
            "useContext": [{"code": VENUE, "valueReference": build.reference(department, name)}],
            "item": [question.to_item() for question in items],
        }
    )


def department_tag(resource: Resource) -> str:
    """The department that a template belongs to, as `Organization/1`."""
    tags = (resource.get("meta") or {}).get("tag") or ()
    return next((f"Organization/{tag['code']}" for tag in tags if tag.get("system") == DEPARTMENT), "")


def response(questionnaire: Resource, encounter: Resource, author: str, at: str, held: Mapping[str, Any]) -> Resource:
    """A QuestionnaireResponse; `held` gives the answers by question."""
    return build.without_empty(
        {
            "resourceType": "QuestionnaireResponse",
            "questionnaire": f"{questionnaire['url']}|{questionnaire['version']}",
            "status": "completed",
            "subject": encounter["subject"],
            "encounter": build.reference(encounter),
            "authored": at,
            "author": build.reference(author),
            "item": [
                {"linkId": question.link, "text": question.text, "answer": held[question.link]}
                for question in questions(questionnaire)
                if held.get(question.link)
            ],
        }
    )


def answered(response: Resource | None) -> dict[str, list[Json]]:
    """The answers of a response by question."""
    return {str(item["linkId"]): list(item.get("answer") or ()) for item in (response or {}).get("item") or ()}


def as_text(questionnaire: Resource, held: Mapping[str, Sequence[Json]]) -> dict[str, str]:
    """The answers as sentences, by the section that they go into."""
    told: dict[str, list[str]] = {}
    for question in questions(questionnaire):
        if text := question.told(held.get(question.link) or ()):
            told.setdefault(question.section, []).append(text)
    return {section: "；".join(texts) + "。" for section, texts in told.items()}
