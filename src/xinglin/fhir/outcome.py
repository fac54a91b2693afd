"""What went wrong, in FHIR's own words: issues, the errors that carry them, and the OperationOutcome made of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from xinglin.fhir.types import Resource

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of an OperationOutcome (FHIR R4, OperationOutcome.issue).

    `severity` is fatal, error, warning or information; `code` is of the value set issue-type; `expression` is the
    FHIRPath of the element at fault, such as `Patient.contact[0].gender`.
    """

    severity: str
    code: str
    diagnostics: str
    expression: str | None = None

    def below(self, prefix: str) -> "Issue":
        """The same issue seen from a document in which the resource stands at `prefix`: `Bundle.entry[3].resource`."""
        _, dot, rest = (self.expression or "").partition(".")
        return replace(self, expression=f"{prefix}{dot}{rest}")


class FhirError(Exception):
    """A request that FHIR answers with an OperationOutcome. `status` is the HTTP status, `issues` are never empty."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"

    def __init__(
        self,
        message: str = "",
        *,
        expression: str | None = None,
        code: str | None = None,
        issues: Iterable[Issue] = (),
    ) -> None:
        self.issues: tuple[Issue, ...] = tuple(issues) or (Issue("error", code or self.code, message, expression),)
        super().__init__(
            "; ".join(f"{i.expression}: {i.diagnostics}" if i.expression else i.diagnostics for i in self.issues)
        )

    def outcome(self) -> Resource:
        """The OperationOutcome to send."""
        return operation_outcome(self.issues)


class BadRequest(FhirError):
    """The request can't be understood: not JSON, an unknown search parameter, an entry without a method."""

    status, code = 400, "invalid"


class Forbidden(FhirError):
    """The caller is known and may not do this."""

    status, code = 403, "forbidden"


class NotFound(FhirError):
    """There is no such resource or version, or no such type."""

    status, code = 404, "not-found"


class Conflict(FhirError):
    """What is there already stands in the way: an id that is taken, a write that came between."""

    status, code = 409, "conflict"


class Gone(FhirError):
    """The resource was deleted."""

    status, code = 410, "deleted"


class PreconditionFailed(FhirError):
    """`If-Match` names another version than the current one, or a condition matches more than one resource."""

    status, code = 412, "conflict"


class Invalid(FhirError):
    """The resource breaks the rules of its type; one issue for each breach."""

    status, code = 422, "invalid"


def operation_outcome(issues: Iterable[Issue]) -> Resource:
    """An OperationOutcome with these issues, in this order."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> Resource:
    # What is quoted in a message may hold characters that no FHIR string may.
    text = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", issue.diagnostics)
    entry: Resource = {"severity": issue.severity, "code": issue.code, "diagnostics": text}
    if issue.expression:
        entry["expression"] = [issue.expression]
    return entry
