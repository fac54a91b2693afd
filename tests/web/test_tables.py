"""Worklists from views."""

import pytest

from xinglin.capabilities.scheduling.views import AppointmentRow, appointments
from xinglin.kernel.capability import Registry
from xinglin.kernel.view import Page
from xinglin.platform.i18n import use_locale
from xinglin.web.tables import Table, build_table, columns_of


@pytest.fixture(scope="module")
def registry() -> Registry:
    """All capabilities."""
    return Registry.discover()


def row(state: str) -> AppointmentRow:
    """An appointment in `state`."""
    return AppointmentRow(
        key="Appointment/1",
        time="09:00",
        patient_name="张三",
        gender="male",
        age=58,
        clinic="心血管内科",
        doctor="陈立新",
        state=state,
        patient="Patient/1",
    )


def table(registry: Registry, state: str, *permissions: str, next: str | None = None) -> Table:
    """The table of one appointment, as somebody with `permissions` sees it."""
    return build_table(registry, appointments, Page([row(state)], next), frozenset(permissions), {"day": "2026-11-23"})


def test_cells_are_in_the_readers_language(registry: Registry) -> None:
    with use_locale("zh_CN"):
        shown = table(registry, "RESERVED")
    assert [cell.text for cell in shown.rows[0].cells] == [
        "09:00",
        "张三",
        "男",
        "58",
        "心血管内科",
        "陈立新",
        "已挂号",
    ]
    assert shown.rows[0].cells[-1].tone == "info"


def test_a_row_offers_what_its_state_and_the_person_allow(registry: Registry) -> None:
    def offered(state: str, *permissions: str) -> list[str]:
        return [form.command.name for form in table(registry, state, *permissions).rows[0].actions]

    assert offered("RESERVED", "scheduling.book", "scheduling.check_in") == ["scheduling.check_in", "scheduling.cancel"]
    assert offered("ARRIVED", "scheduling.book") == []
    assert offered("RESERVED", "scheduling.read") == []


def test_an_action_knows_its_row(registry: Registry) -> None:
    form = table(registry, "RESERVED", "scheduling.check_in").rows[0].actions[0]
    assert form["appointment"].value == "Appointment/1"
    assert form.visible == ()


def test_addresses_keep_the_filter(registry: Registry) -> None:
    shown = table(registry, "RESERVED", next="abc")
    assert shown.more == "/list/scheduling.appointments?day=2026-11-23&cursor=abc"
    assert shown.csv == "/list/scheduling.appointments.csv?day=2026-11-23"
    assert table(registry, "RESERVED").more is None


def test_hidden_fields_are_no_columns_and_columns_can_be_chosen() -> None:
    assert "patient" not in [column.name for column in columns_of(appointments)]
    assert [column.name for column in columns_of(appointments, ("state", "time"))] == ["state", "time"]
