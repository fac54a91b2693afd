"""Views: every list is a named, typed, paged query."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from xinglin.kernel.command import Input
from xinglin.kernel.text import N_

if TYPE_CHECKING:
    from xinglin.kernel.context import Context


class Row(BaseModel):
    """Base of a view's row: its fields are the columns, their titles the headings.

    A field whose `json_schema_extra` holds `"hidden": True` is carried for actions and links, not shown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(title="Key", json_schema_extra={"hidden": True})

    @property
    def label(self) -> str:
        """What the row is called as an option of a drop-down list; blank: its first column."""
        return ""


class Filter(Input):
    """Base of a view's parameters: what to look for, how many rows, and from where."""

    limit: int = Field(50, title="Rows", ge=1, le=500, json_schema_extra={"hidden": True})
    cursor: str | None = Field(None, title="Cursor", json_schema_extra={"hidden": True})


class SearchText(Filter):
    """What somebody types to find an entry of a catalogue: characters, pinyin, initials or the code itself."""

    text: str = Field("", title=N_("Search"), max_length=60)


RowT = TypeVar("RowT", bound=Row)
FilterT = TypeVar("FilterT", bound=Filter)


@dataclass(frozen=True)
class Page(Generic[RowT]):
    """Rows of a view. `next` is the cursor of the following page or None; `total` all rows or None where unknown."""

    rows: list[RowT]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True)
class RowAction:
    """A command offered on a row. `inputs` maps the command's fields to the row's; `states` limits it to rows whose
    `state` is among them (empty: every row)."""

    command: str
    inputs: Mapping[str, str]
    states: frozenset[str] = frozenset()

    def fits(self, row: Row) -> bool:
        """Tells whether the action is offered on `row`."""
        return not self.states or getattr(row, "state", None) in self.states

    def values(self, row: Row) -> dict[str, Any]:
        """The command's input as far as the row knows it."""
        return {name: getattr(row, source) for name, source in self.inputs.items()}


@dataclass(frozen=True)
class View:
    """A list: worklist, badge count, CSV export and HTTP endpoint from one definition.

    `recorded`: reading it is on record even where it shows no patient, with what was asked for.
    """

    name: str
    title: str
    permission: str
    filter: type[Filter]
    row: type[Row]
    run: Callable[["Context", Any], Awaitable[Page[Any]]]
    description: str
    actions: tuple[RowAction, ...] = ()
    empty: str = ""
    recorded: bool = False
    columns: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        columns = tuple(
            (name, info.title or name)
            for name, info in self.row.model_fields.items()
            if not (isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("hidden"))
        )
        object.__setattr__(self, "columns", columns)

    @property
    def capability(self) -> str:
        """The capability that offers it: the name up to the dot."""
        return self.name.partition(".")[0]


def view(
    name: str,
    *,
    title: str,
    permission: str,
    row: type[RowT],
    actions: tuple[RowAction, ...] = (),
    empty: str = "",
    recorded: bool = False,
) -> Callable[[Callable[["Context", FilterT], Awaitable[Page[RowT]]]], View]:
    """Declares a function `async (context, filter) -> Page` as a view.

    Raises:
        TypeError: the function lacks a docstring or its second parameter is not typed as a `Filter`.
    """

    def declare(run: Callable[["Context", FilterT], Awaitable[Page[RowT]]]) -> View:
        parameters = list(inspect.signature(run, eval_str=True).parameters.values())
        kind = parameters[1].annotation if len(parameters) == 2 else None
        if not (isinstance(kind, type) and issubclass(kind, Filter)):
            raise TypeError(f"View {name}: takes (context, filter) with filter typed as a Filter")
        description = inspect.getdoc(run)
        if not description:
            raise TypeError(f"View {name}: needs a docstring")
        return View(name, title, permission, kind, row, run, description, actions, empty, recorded)

    return declare
