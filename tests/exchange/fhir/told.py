"""What a server says when it refuses."""

import httpx

from xinglin.fhir.validation import validate


def told(response: httpx.Response, status: int) -> str:
    """The diagnostics of an OperationOutcome that came with this status."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/fhir+json"
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert validate(outcome) == []
    return " ".join(issue["diagnostics"] for issue in outcome["issue"])
