"""Issues and the errors that carry them."""

from xinglin.fhir.outcome import Invalid, Issue, NotFound, operation_outcome
from xinglin.fhir.validation import validate


def test_an_error_is_an_operation_outcome() -> None:
    error = Invalid("must be a code", expression="Patient.gender", code="value")
    assert error.status == 422
    assert str(error) == "Patient.gender: must be a code"
    assert error.outcome() == {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": "error", "code": "value", "diagnostics": "must be a code", "expression": ["Patient.gender"]}
        ],
    }


def test_an_error_has_the_code_of_its_kind() -> None:
    assert NotFound("There is no Patient/1").issues == (Issue("error", "not-found", "There is no Patient/1"),)


def test_an_issue_moves_below_its_bundle_entry() -> None:
    issue = Issue("error", "value", "wrong", "Patient.contact[0].gender")
    assert issue.below("Bundle.entry[3].resource").expression == "Bundle.entry[3].resource.contact[0].gender"
    assert Issue("error", "value", "wrong").below("Bundle.entry[3].resource").expression == "Bundle.entry[3].resource"


def test_a_quoted_value_does_not_spoil_the_outcome() -> None:
    outcome = NotFound("There is no Patient/a\x00b\ud800").outcome()
    assert validate(outcome) == []
    assert outcome["issue"][0]["diagnostics"] == "There is no Patient/a\ufffdb\ufffd"


def test_issues_keep_their_order() -> None:
    issues = [Issue("warning", "informational", str(n)) for n in range(3)]
    assert [i["diagnostics"] for i in operation_outcome(issues)["issue"]] == ["0", "1", "2"]
