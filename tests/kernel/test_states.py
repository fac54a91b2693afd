"""State tables: what is possible, what is refused, and that the R4 status always follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.kernel.capability import Registry
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.kernel.states import State, StateTable, Transition
from xinglin.platform.i18n import use_locale

TABLE = StateTable(
    name="charge",
    title="Charge",
    type="ChargeItem",
    states=(State("PENDING", "To be paid", "billable"), State("SETTLED", "Paid", "billed")),
    transitions=(
        Transition(None, "billing.charge", "PENDING", ("doctor",)),
        Transition("PENDING", "billing.settle", "SETTLED", ("cashier",)),
    ),
)


def test_a_transition_sets_tag_and_status_and_leaves_the_argument_alone() -> None:
    before = {"resourceType": "ChargeItem", "meta": {"tag": [{"system": "other", "code": "kept"}]}}
    after = TABLE.move(before, "billing.charge", ["doctor"])
    assert after["status"] == "billable"
    assert after["meta"]["tag"] == [
        {"system": "other", "code": "kept"},
        {"system": "urn:xinglin:state:charge", "code": "PENDING"},
    ]
    assert before == {"resourceType": "ChargeItem", "meta": {"tag": [{"system": "other", "code": "kept"}]}}


def test_a_wrong_step_names_the_state_and_what_is_possible() -> None:
    settled = TABLE.move(TABLE.move({}, "billing.charge", ["doctor"]), "billing.settle", ["cashier"])
    with use_locale("en"), pytest.raises(Refused, match=r"state 'Paid'; .* only in: To be paid") as refusal:
        TABLE.move(settled, "billing.settle", ["cashier"])
    assert refusal.value.status == 409


def test_a_step_is_for_its_roles() -> None:
    pending = TABLE.move({}, "billing.charge", ["doctor"])
    with pytest.raises(NotPermitted):
        TABLE.move(pending, "billing.settle", ["doctor"])


def test_a_table_that_names_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown state LOST"):
        StateTable("x", "X", "Task", (State("A", "A", "draft"),), (Transition("A", "x.do", "LOST", ("doctor",)),))


def test_a_search_for_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="no state LOST"):
        TABLE.tag("LOST")


TABLES = list(Registry.discover().tables.values())


@given(data=st.data(), table=st.sampled_from(TABLES))
def test_whatever_is_tried_only_the_table_s_steps_succeed(data: st.DataObject, table: StateTable) -> None:
    """A random sequence of steps against the plain reading of the table."""
    resource: dict[str, object] = {"resourceType": table.type}
    steps = sorted({(t.command, t.next) for t in table.transitions})
    statuses = {state.code: state.status for state in table.states}
    for command, to in data.draw(st.lists(st.sampled_from(steps), max_size=12)):
        held = table.of(resource)
        allowed = any(
            t.state == (held.code if held else None) and t.command == command and t.next == to
            for t in table.transitions
        )
        roles = [role for t in table.transitions for role in t.who]
        if not allowed:
            with pytest.raises(Refused):
                table.move(resource, command, roles, to)
            continue
        resource = table.move(resource, command, roles, to)
        state = table.of(resource)
        assert state is not None
        assert state.code == to
        assert resource[table.status] == statuses[to]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_state_can_be_reached(table: StateTable) -> None:
    reached = {t.next for t in table.transitions if t.state is None}
    while True:
        more = {t.next for t in table.transitions if t.state in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == {state.code for state in table.states}
