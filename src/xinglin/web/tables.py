"""Worklists from views: headings, cells as people read them, and the commands that each row offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from xinglin.kernel.capability import Registry
from xinglin.kernel.view import Page, Row, RowAction, View
from xinglin.platform.i18n import gettext as _
from xinglin.web.forms import Form, build_form
from xinglin.web.words import tone, word

NUMBERS = {"number", "money"}


@dataclass(frozen=True)
class Column:
    """A column: field of the row, heading, and kind: text, code, state, number or money."""

    name: str
    title: str
    kind: str
    table: str | None = None

    @property
    def numeric(self) -> bool:
        """Tells whether the column is set flush right."""
        return self.kind in NUMBERS


@dataclass(frozen=True)
class Cell:
    """A value as shown; `tone` is set for states."""

    column: Column
    text: str
    tone: str | None = None


@dataclass(frozen=True)
class TableRow:
    """A row with its cells and the forms of the commands that it offers; `immediate` ones need no further input."""

    row: Row
    cells: tuple[Cell, ...]
    actions: tuple[Form, ...]


@dataclass(frozen=True)
class Table:
    """A view's page as a table. `more` is the address of the following rows, `csv` that of the whole list."""

    view: View
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    more: str | None
    csv: str
    total: int | None


def columns_of(view: View, only: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """The columns of a view, or those of them that are named, in the order given."""
    found = {}
    for name, title in view.columns:
        extra = view.row.model_fields[name].json_schema_extra
        marks = extra if isinstance(extra, dict) else {}
        table = str(marks["table"]) if "table" in marks else None
        found[name] = Column(name, _(title), str(marks.get("kind", "text")), table)
    return tuple(found[name] for name in only) if only else tuple(found.values())


def build_table(
    registry: Registry,
    view: View,
    page: Page[Any],
    permissions: frozenset[str],
    filters: Mapping[str, Any],
    *,
    only: tuple[str, ...] = (),
) -> Table:
    """The table of `page`; a row offers the commands that fit its state and that the person may give."""
    columns = columns_of(view, only)
    offered = [action for action in view.actions if registry.commands[action.command].permission in permissions]
    rows = tuple(
        TableRow(
            row,
            tuple(Cell(column, *show(registry, column, getattr(row, column.name))) for column in columns),
            tuple(action_form(registry, action, row) for action in offered if action.fits(row)),
        )
        for row in page.rows
    )
    wanted = {name: value for name, value in filters.items() if value not in (None, "") and name != "cursor"}
    return Table(
        view,
        columns,
        rows,
        f"/list/{view.name}?{urlencode({**wanted, 'cursor': page.next})}" if page.next else None,
        f"/list/{view.name}.csv?{urlencode({name: value for name, value in wanted.items() if name != 'limit'})}",
        page.total,
    )


def action_form(registry: Registry, action: RowAction, row: Row) -> Form:
    """The form of a row's command, as far as the row knows its input."""
    return build_form(registry.commands[action.command], action.values(row))


def show(registry: Registry, column: Column, value: Any) -> tuple[str, str | None]:
    """A value as people read it, and the tone of a state."""
    if value is None or value == "":
        return "", None
    if column.kind == "state" and column.table in registry.tables:
        state = next((item for item in registry.tables[column.table].states if item.code == value), None)
        return (_(state.title) if state else str(value)), tone(str(value))
    if column.kind == "code":
        return word(str(value)), None
    if column.kind == "datetime" and "T" in str(value):
        # As it was written: the house writes its instants with the offset of the hospital.
        return str(value)[:16].replace("T", " "), None
    if column.kind == "money":
        return f"¥ {Decimal(str(value)):,.2f}", None
    if column.kind == "datetime":
        # As it is written, with the hospital's own offset; nobody reads seconds and offsets in a list.
        return str(value)[:16].replace("T", " "), None
    return str(value), None
