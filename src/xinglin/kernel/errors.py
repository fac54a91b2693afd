"""Refusals: what was asked is understood but may not happen; each says why and what would be possible."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from xinglin.fhir.outcome import BadRequest, FhirError, Forbidden, Issue
from xinglin.platform.i18n import gettext as _

Level = Literal["information", "warning", "block"]


@dataclass(frozen=True)
class Alert:
    """One finding of a check at entry.

    `level` is `information` (shown), `warning` (goes on with a reason given) or `block` (does not go on).
    `element` is the input's field, `evidence` the reference of the resource that the finding rests on.
    """

    level: Level
    code: str
    text: str
    element: str | None = None
    evidence: str | None = None


class Refused(FhirError):
    """A rule of the hospital forbids it now (HTTP 409, issue type `business-rule`)."""

    status = 409
    code = "business-rule"


class NotPermitted(Forbidden):
    """The signed-in person lacks a permission (HTTP 403)."""


class Alerted(Refused):
    """Checks at entry found something that the person must see before it goes on.

    `alerts` holds all findings; `blocked` tells that no reason will help.
    """

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self.alerts = tuple(alerts)
        self.blocked = any(alert.level == "block" for alert in self.alerts)
        severity = {"information": "information", "warning": "warning", "block": "error"}
        super().__init__(
            issues=[
                Issue(severity[alert.level], "business-rule", alert.text, alert.element or alert.evidence)
                for alert in self.alerts
            ]
        )


def demand_reason(alerts: Iterable[Alert], reason: str | None) -> tuple[Alert, ...]:
    """Lets findings pass or raises `Alerted`.

    A `block` never passes; a `warning` passes with a `reason`; `information` always does.

    Returns: the findings that passed, to be kept with what is written.
    """
    found = tuple(alerts)
    if any(alert.level == "block" for alert in found):
        raise Alerted(found)
    if any(alert.level == "warning" for alert in found) and not (reason or "").strip():
        raise Alerted(found)
    return found


def from_validation(error: ValidationError, labels: dict[str, str] | None = None) -> BadRequest:
    """Turns pydantic's complaints into issues that name the field, the reason and what is accepted."""
    names = labels or {}
    issues = []
    for detail in error.errors(include_url=False):
        path = ".".join(str(part) for part in detail["loc"]) or "input"
        field = str(detail["loc"][0]) if detail["loc"] else ""
        label = _(names[field]) if field in names else path
        issues.append(Issue("error", "value", f"{label}: {_explain(detail)}", path))
    return BadRequest(issues=issues)


def _explain(detail: object) -> str:
    """The reason in the reader's language; a validator's own text is already translated."""
    assert isinstance(detail, dict)
    context = {key: value for key, value in (detail.get("ctx") or {}).items() if key != "error"}
    messages = {
        "missing": _("is required"),
        "string_too_short": _("needs at least {min_length} characters"),
        "string_too_long": _("has more than {max_length} characters"),
        "string_pattern_mismatch": _("does not have the expected form"),
        "greater_than": _("must be more than {gt}"),
        "greater_than_equal": _("must be at least {ge}"),
        "less_than": _("must be less than {lt}"),
        "less_than_equal": _("must be at most {le}"),
        "literal_error": _("must be one of {expected}"),
        "enum": _("must be one of {expected}"),
        "int_parsing": _("must be a whole number"),
        "decimal_parsing": _("must be a number"),
        "decimal_max_places": _("has more than {decimal_places} decimal places"),
        "date_from_datetime_parsing": _("must be a date like 1968-03-12"),
        "date_parsing": _("must be a date like 1968-03-12"),
        "datetime_parsing": _("must be a date and time like 2026-11-22T08:30:00+08:00"),
        "extra_forbidden": _("is not known here"),
        "too_short": _("needs at least {min_length} entries"),
    }
    kind = str(detail.get("type"))
    if kind == "value_error":
        return str((detail.get("ctx") or {}).get("error") or detail.get("msg"))
    if kind in messages:
        return messages[kind].format(**context)
    return str(detail.get("msg"))
