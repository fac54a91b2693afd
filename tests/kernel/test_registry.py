"""The registry refuses capabilities that do not fit together."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from xinglin.fhir.types import Resource
from xinglin.kernel.basket import BasketSection
from xinglin.kernel.capability import Capability, Registry
from xinglin.kernel.command import Command, Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.event import Event, EventType, on
from xinglin.kernel.notice import Notice
from xinglin.kernel.states import State, StateTable, Transition


class Nothing(Input):
    """No input."""


def declared(name: str, permission: str = "ward.write") -> Command:
    @command(name, title="T", permission=permission, done="D")
    async def run(context: Context, input: Nothing) -> Resource:
        """Does nothing."""
        return {}

    return run


def capability(name: str, *, grants: dict[str, tuple[str, ...]] | None = None, **items: Any) -> Capability:
    module = ModuleType(f"of_{name}")
    vars(module).update(items)
    needs = items.pop("needs", ())
    return Capability(name, name, (module,), needs=needs, grants=grants or {"nurse": ("ward.write",)})


def test_the_hospital_s_own_capabilities_fit() -> None:
    registry = Registry.discover()
    assert {"patients", "scheduling", "outpatient", "pharmacy", "billing"} <= registry.capabilities.keys()
    assert "patients.write" in registry.permissions(["registrar"])
    assert "patients.write" not in registry.permissions(["cashier", "nobody"])


def test_a_name_outside_its_capability_is_refused() -> None:
    with pytest.raises(ValueError, match="lies outside its capability ward"):
        Registry([capability("ward", do=declared("pharmacy.do"))])


def test_a_name_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Registry([capability("ward", one=declared("ward.do"), two=declared("ward.do"))])


def test_a_missing_need_is_refused() -> None:
    with pytest.raises(ValueError, match="needs pharmacy"):
        Registry([capability("ward", needs=("pharmacy",))])


def test_a_permission_that_nobody_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="which no role has"):
        Registry([capability("ward", do=declared("ward.do", permission="ward.forgotten"))])


def test_a_state_table_with_a_step_that_nobody_offers_is_refused() -> None:
    table = StateTable("t", "T", "Task", (State("A", "A", "draft"),), (Transition(None, "ward.gone", "A", ("nurse",)),))
    with pytest.raises(ValueError, match=r"ward\.gone, which nobody offers"):
        Registry([capability("ward", table=table)])


def test_a_handler_of_an_event_that_nobody_declares_is_refused() -> None:
    @on("ward.moved")
    async def handle(context: Context, event: Event) -> None:
        """Does nothing."""

    with pytest.raises(ValueError, match=r"ward\.moved, which nobody declares"):
        Registry([capability("ward", do=declared("ward.do"), handle=handle)])
    moved = EventType("ward.moved", title="Moved", subject="Encounter")
    assert Registry([capability("ward", do=declared("ward.do"), handle=handle, moved=moved)]).events


def test_an_event_holds_references_only() -> None:
    Event("ward.moved", "Encounter/1", "Encounter/1", {"from": "Location/1", "with": ["Device/1"]}).ensure_anonymous()
    for data in ({"name": "张三"}, {"with": ["Device/1", "张三"]}, {"number": 1}, {"more": {"name": "x"}}):
        with pytest.raises(ValueError, match=r"ward\.moved: .* must be references"):
            Event("ward.moved", "Encounter/1", "Encounter/1", data).ensure_anonymous()


def test_a_command_without_typed_input_or_docstring_is_refused() -> None:
    with pytest.raises(TypeError, match="typed as an Input"):

        @command("ward.do", title="T", permission="ward.write", done="D")  # type: ignore[arg-type]
        async def untyped(context: Context, input: dict[str, Any]) -> Resource:
            """Does nothing."""
            return {}

    with pytest.raises(TypeError, match="docstring"):

        @command("ward.do", title="T", permission="ward.write", done="D")
        async def silent(context: Context, input: Nothing) -> Resource:
            return {}


def section(**other: Any) -> BasketSection:
    given: dict[str, Any] = {"lines": "pharmacy.lines", "add": ("pharmacy.prescribe",), "issue": "pharmacy.issue"}
    return BasketSection(
        **{
            **given,
            "name": "pharmacy.other",
            "title": "T",
            "table": "prescription",
            "key": "F9",
            "icon": "pill",
            "empty": "E",
            **other,
        }
    )


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"lines": "pharmacy.nowhere"}, "pharmacy.nowhere, which nobody offers"),
        ({"lines": "pharmacy.to_review"}, "filter has no visit"),
        ({"issue": "pharmacy.nothing"}, "pharmacy.nothing, which nobody offers"),
        ({"add": ("pharmacy.withdraw",)}, "input has no visit"),
        ({"table": "nowhere"}, "state table nowhere"),
    ],
)
def test_a_basket_section_that_does_not_fit_is_refused(other: dict[str, Any], message: str) -> None:
    capabilities = Registry.discover().capabilities.values()
    stray = ModuleType("stray")
    vars(stray).update(section=section(**other))
    changed = [
        replace(item, modules=(*item.modules, stray)) if item.name == "pharmacy" else item for item in capabilities
    ]
    with pytest.raises(ValueError, match=message):
        Registry(changed)


def test_sections_of_the_basket_stand_in_their_order() -> None:
    names = list(Registry.discover().baskets)
    assert names[0] == "pharmacy.basket"


def test_a_notice_of_a_view_that_nobody_offers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Notice ward.bar names view ward.list"):
        Registry([capability("ward", do=declared("ward.do"), bar=Notice("ward.bar", "ward.list", "ward/bar.html"))])
