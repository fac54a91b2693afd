"""Forms from commands."""

from datetime import date, time
from decimal import Decimal
from typing import Literal

import pytest
from pydantic import Field
from starlette.datastructures import FormData

from xinglin.fhir.outcome import Issue
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Command, Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Alert
from xinglin.platform.i18n import use_locale
from xinglin.web.forms import build_form, read_form


class Everything(Input):
    """One field of every kind."""

    about: str = Field(title="About", json_schema_extra={"widget": "hidden"})
    name: str = Field(title="Name", min_length=1, max_length=80)
    gender: Literal["male", "female"] | None = Field(None, title="Sex")
    born: date | None = Field(None, title="Birth date")
    begin: time = Field(time(8, 0), title="From")
    days: int = Field(7, title="Days", ge=1, le=90)
    dose: Decimal = Field(Decimal(1), title="Dose")
    sure: bool = Field(False, title="Sure")
    text: str | None = Field(None, title="Text", json_schema_extra={"widget": "textarea"})
    code: str | None = Field(None, title="Code", json_schema_extra={"widget": "search", "source": "lab.codes"})
    route: str = Field("oral", title="Route", json_schema_extra={"widget": "select", "options": [("oral", "口服")]})
    items: list[str] = Field(default_factory=list, title="Items", json_schema_extra={"widget": "hidden"})
    reason: str | None = Field(None, title="Reason", json_schema_extra={"widget": "reason"})


@command("lab.everything", title="Everything", permission="lab.all", done="Done")
async def everything(context: Context, input: Everything) -> Resource:
    """Does nothing."""
    return {"resourceType": "Basic"}


KINDS = {
    "about": "hidden",
    "name": "text",
    "gender": "choice",
    "born": "date",
    "begin": "time",
    "days": "number",
    "dose": "number",
    "sure": "check",
    "text": "textarea",
    "code": "search",
    "route": "choice",
    "items": "hidden",
    "reason": "reason",
}


@pytest.mark.parametrize(("name", "widget"), KINDS.items())
def test_every_kind_of_field_has_its_widget(name: str, widget: str) -> None:
    assert build_form(everything)[name].widget == widget


def test_limits_and_defaults_reach_the_browser() -> None:
    form = build_form(everything)
    assert form["days"].attributes == {"min": "1", "max": "90"}
    assert form["days"].text == "7"
    assert form["name"].attributes == {"minlength": "1", "maxlength": "80"}
    assert form["dose"].attributes == {"step": "any"}
    assert form["name"].required
    assert not form["gender"].required


def test_codes_are_words_in_the_readers_language() -> None:
    with use_locale("zh_CN"):
        assert build_form(everything)["gender"].options == (("male", "男"), ("female", "女"))
        assert build_form(everything)["route"].options == (("oral", "口服"),)
    with use_locale("en"):
        assert build_form(everything)["gender"].options == (("male", "Male"), ("female", "Female"))
        assert build_form(everything)["route"].options == (("oral", "By mouth"),)


def test_what_was_typed_is_kept_and_a_message_stands_at_its_field() -> None:
    issues = [
        Issue("error", "value", "Days: must be at most 90", "days"),
        Issue("error", "value", "input: Sex and birth date contradict each other", "input"),
        Issue("error", "business-rule", "Unknown thing", "about"),
    ]
    with use_locale("en"):
        form = build_form(everything, {"name": "陈", "days": "99"}, issues=issues)
    assert form["name"].text == "陈"
    assert form["days"].text == "99"
    assert form["days"].errors == ("must be at most 90",)
    assert form.errors == ("Sex and birth date contradict each other", "Unknown thing")


def test_an_alert_that_blocks_cannot_be_talked_away() -> None:
    caution, stop = Alert("warning", "dose", "much"), Alert("block", "allergy", "no")
    assert not build_form(everything, alerts=[caution]).blocked
    assert build_form(everything, alerts=[caution, stop]).blocked


def test_blank_fields_are_absent_and_lists_are_lists() -> None:
    data = FormData(
        [("name", " 陈 "), ("text", "  "), ("items", "a"), ("items", "b"), ("_csrf", "secret"), ("days", "3")]
    )
    assert read_form(everything, data) == {"name": " 陈 ", "items": ["a", "b"], "days": "3"}


def test_an_unknown_field_is_not_swallowed() -> None:
    assert read_form(everything, FormData([("nonsense", "1")])) == {"nonsense": "1"}


def test_two_forms_of_a_page_have_different_ids_and_keys() -> None:
    first, second = build_form(everything, {"about": "Slot/1"}), build_form(everything, {"about": "Slot/2"})
    assert first.id != second.id
    assert first.key != second.key
    assert isinstance(everything, Command)


class Measured(Input):
    """Several values by name."""

    order: str = Field(title="Order", json_schema_extra={"widget": "hidden"})
    values: dict[str, str] = Field(
        title="Values", json_schema_extra={"widget": "grid", "source": "lab.sheet", "by": "order"}
    )


@command("lab.measured", title="Measured", permission="lab.all", done="Done")
async def measured(context: Context, input: Measured) -> Resource:
    """Does nothing."""
    return {}


def test_several_values_by_name() -> None:
    read = read_form(measured, FormData([("order", "1"), ("values.k", "4.1"), ("values.na", ""), ("other.k", "x")]))
    assert read == {"order": "1", "values": {"k": "4.1", "na": ""}, "other.k": "x"}
    form = build_form(measured, read, issues=[Issue("error", "value", "K: no", "values.k")])
    assert (form["values"].marks, form["values"].value["k"], form["values"].by) == ({"k": "K: no"}, "4.1", "order")
