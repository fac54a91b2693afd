"""Forms from commands: fields, widgets and labels from the typed input; messages from the OperationOutcome's issues."""

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from starlette.datastructures import ImmutableMultiDict
from uuid_utils.compat import uuid7

from xinglin.fhir.outcome import Issue
from xinglin.kernel.command import Command
from xinglin.kernel.errors import Alert
from xinglin.kernel.view import Row
from xinglin.platform.i18n import gettext as _
from xinglin.web.words import label_of, word

Choice = tuple[str, str]
Choices = Mapping[str, Iterable[Choice]]
Rows = Mapping[str, Iterable[Row]]
FEW = 4
"""Up to so many options are shown side by side instead of in a drop-down list."""


@dataclass(frozen=True)
class FormField:
    """One field of a form. `options` are (value, label); `errors` are shown next to it; `attributes` go to HTML.

    A field of several named values has `rows`, one for each value, from the view `source` asked with the form's field
    `by`; `marks` are the errors of each.
    The options of a `source` are narrowed by other fields of the form, which are parameters of that view.
    """

    name: str
    label: str
    widget: str
    required: bool
    value: Any = None
    options: tuple[Choice, ...] = ()
    source: str | None = None
    narrowed: tuple[str, ...] = ()
    shown: str = ""
    hint: str = ""
    errors: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    rows: tuple[Row, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The value as an HTML attribute holds it."""
        if self.value is None:
            return ""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return str(self.value)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values of a field that may hold several, or the one; none where it is blank."""
        if isinstance(self.value, list | tuple):
            return tuple(str(item) for item in self.value)
        return (self.text,) if self.text else ()


@dataclass(frozen=True)
class Form:
    """A command's form. `errors` belong to no field, `alerts` ask for a reason, `key` makes a repeat harmless."""

    command: Command
    fields: Mapping[str, FormField]
    key: str
    errors: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    next: str | None = None

    def __getitem__(self, name: str) -> FormField:
        return self.fields[name]

    @property
    def blocked(self) -> bool:
        """Tells whether an alert stands against it for which no reason will do."""
        return any(alert.level == "block" for alert in self.alerts)

    @property
    def id(self) -> str:
        """An HTML id that tells the forms of one page apart."""
        about = next((item.text for item in self.fields.values() if item.widget == "hidden" and item.value), "")
        safe = "".join(character if character.isalnum() else "-" for character in f"{self.command.name}-{about}")
        return safe.strip("-")

    @property
    def visible(self) -> tuple[FormField, ...]:
        """Fields that a person fills in."""
        return tuple(item for item in self.fields.values() if item.widget not in {"hidden", "reason"})

    @property
    def hidden(self) -> tuple[FormField, ...]:
        """Fields that only carry a value."""
        return tuple(item for item in self.fields.values() if item.widget == "hidden")

    @property
    def reason(self) -> FormField | None:
        """The field that takes the reason for going on in spite of alerts."""
        return next((item for item in self.fields.values() if item.widget == "reason"), None)


def build_form(
    command: Command,
    values: Mapping[str, Any] | None = None,
    *,
    choices: Choices | None = None,
    rows: Rows | None = None,
    shown: Mapping[str, str] | None = None,
    issues: Iterable[Issue] = (),
    alerts: Iterable[Alert] = (),
    key: str | None = None,
    next: str | None = None,
) -> Form:
    """The form of `command`, filled with `values`.

    `choices` gives options to fields that the input itself leaves open; `rows` the lines of a field of several named
    values; `shown` the text that stands for the value of a search field. Issues whose expression names a field stand
    beside it, all others above the form.
    """
    given = dict(values or {})
    beside: dict[str, list[str]] = {}
    marks: dict[str, dict[str, str]] = {}
    above: list[str] = []
    labels = {name: _(label) for name, label in command.labels().items()}
    for issue in issues:
        name, _dot, part = (issue.expression or "").partition(".")
        if name in labels and part:
            marks.setdefault(name, {})[part] = issue.diagnostics
        if name in labels:
            beside.setdefault(name, []).append(issue.diagnostics.removeprefix(f"{labels[name]}: "))
        else:
            above.append(issue.diagnostics.removeprefix("input: "))
    fields = {
        name: _field(name, info, given, (choices or {}).get(name), (shown or {}).get(name, ""), beside.get(name, ()))
        for name, info in command.input.model_fields.items()
    }
    for name in {*(rows or {}), *marks}:
        lines = tuple((rows or {}).get(name, ()))
        fields[name] = replace(fields[name], rows=lines, marks=marks.get(name, {}))
    for item in fields.values():
        if item.widget == "hidden":
            above.extend(item.errors)
    return Form(command, fields, key or str(uuid7()), tuple(above), tuple(alerts), next)


def read_form(command: Command, data: ImmutableMultiDict[str, Any]) -> dict[str, Any]:
    """What a browser sent, or an address says, as input for `command`: blank fields are absent, lists are lists.

    Names that begin with an underscore belong to the form itself; `values.k` is the value named k of a field that holds
    several by name; other unknown names are kept, so that the command refuses them by name instead of their being lost.
    """
    values: dict[str, Any] = {}
    for name in data:
        if name.startswith("_"):
            continue
        whole, _dot, part = name.partition(".")
        if part and _holds_names(command, whole):
            values.setdefault(whole, {})[part] = str(data[name])
            continue
        info = command.input.model_fields.get(name)
        sent = [str(item) for item in data.getlist(name) if str(item).strip()]
        several = info is not None and get_origin(_bare(info.annotation)) in {list, tuple, set, frozenset}
        if several or (info is None and len(sent) > 1):
            values[name] = sent
        elif sent:
            values[name] = sent[-1]
    return values


def _holds_names(command: Command, name: str) -> bool:
    info = command.input.model_fields.get(name)
    return info is not None and get_origin(_bare(info.annotation)) is dict


def _field(
    name: str,
    info: FieldInfo,
    given: Mapping[str, Any],
    choices: Iterable[Choice] | None,
    shown: str,
    errors: Iterable[str],
) -> FormField:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    kind = _bare(info.annotation)
    options = _options(kind, extra, choices)
    default = None if info.default is PydanticUndefined else info.default
    widget = str(extra.get("widget") or _widget(kind, options))
    if widget == "select" and 0 < len(options) <= FEW and "source" not in extra and choices is None:
        widget = "choice"
    source = str(extra["source"]) if "source" in extra else None
    return FormField(
        name=name,
        label=_(info.title or name),
        widget=widget,
        required=info.is_required(),
        value=given.get(name, default),
        options=options,
        source=source,
        narrowed=_narrowed(extra),
        shown=shown,
        hint=_(str(extra["hint"])) if "hint" in extra else "",
        errors=tuple(errors),
        attributes=_limits(kind, info),
        by=str(extra.get("by", "")),
    )


def _narrowed(extra: Mapping[str, Any]) -> tuple[str, ...]:
    names = extra.get("narrowed")
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _bare(annotation: Any) -> Any:
    """The annotation without `| None`."""
    if get_origin(annotation) in {Union, types.UnionType}:
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return parts[0] if len(parts) == 1 else annotation
    return annotation


def _options(kind: Any, extra: Mapping[str, Any], choices: Iterable[Choice] | None) -> tuple[Choice, ...]:
    if choices is not None:
        return tuple((str(value), str(label)) for value, label in choices)
    if "options" in extra:
        pairs = (item if isinstance(item, tuple | list) else (item, word(str(item))) for item in extra["options"])
        return tuple((str(value), label_of(str(value), str(label))) for value, label in pairs)
    if get_origin(kind) is Literal:
        return tuple((str(value), word(str(value))) for value in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple((str(item.value), word(str(item.value))) for item in kind)
    return ()


def _widget(kind: Any, options: tuple[Choice, ...]) -> str:
    if options:
        return "select"
    known: dict[Any, str] = {
        bool: "check",
        date: "date",
        datetime: "datetime-local",
        time: "time",
        int: "number",
        Decimal: "number",
        float: "number",
    }
    return known.get(kind, "text")


def _limits(kind: Any, info: FieldInfo) -> dict[str, str]:
    """Limits that a browser can tell before anything is sent; the command checks them all the same."""
    found: dict[str, str] = {}
    for rule in info.metadata:
        match rule:
            case MaxLen(max_length=value):
                found["maxlength"] = str(value)
            case MinLen(min_length=value):
                found["minlength"] = str(value)
            case Ge(ge=value):
                found["min"] = str(value)
            case Le(le=value):
                found["max"] = str(value)
            case _:
                pass
    if kind is Decimal or kind is float:
        found["step"] = "any"
    return found
