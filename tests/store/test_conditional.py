"""Conditional update, delete and patch; in bundles too."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.store.test_bundles import bundle, entry, location, observation, patient
from xinglin.fhir.outcome import BadRequest, Conflict, FhirError, Gone, Invalid, NotFound, PreconditionFailed
from xinglin.store.patch import json_patch
from xinglin.store.repository import Repository

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SEVEN = [{"system": "urn:s", "value": "7"}]
BY_SEVEN = "identifier=urn:s|7"


@pytest.fixture
def repository(connection: psycopg.AsyncConnection[Any]) -> Repository:
    return Repository(connection, now=NOW)


async def test_conditional_update(repository: Repository) -> None:
    made, new = await repository.put_where(patient(identifier=SEVEN), BY_SEVEN)
    assert new
    changed, new = await repository.put_where(patient(identifier=SEVEN, gender="male"), BY_SEVEN)
    assert (changed["id"], changed["meta"]["versionId"], new) == (made["id"], "2", False)
    with pytest.raises(BadRequest, match="not Patient/other"):
        await repository.put_where(patient(id="other", identifier=SEVEN), BY_SEVEN)
    with pytest.raises(PreconditionFailed):
        await repository.put_where(patient(identifier=SEVEN), BY_SEVEN, if_match=1)
    with pytest.raises(PreconditionFailed, match="matches no resource"):
        await repository.put_where(patient(), "identifier=none", if_match=1)
    given, new = await repository.put_where(patient(id="given"), "identifier=none")
    assert (given["id"], new) == ("given", True)
    with pytest.raises(Conflict):
        await repository.put_where(patient(id="given"), "identifier=none")
    await repository.create(patient(identifier=SEVEN))
    with pytest.raises(PreconditionFailed, match="more than one"):
        await repository.put_where(patient(identifier=SEVEN), BY_SEVEN)


@pytest.mark.parametrize("condition", ["", "_count=1", "?", "_sort=_id"])
async def test_a_condition_that_selects_nothing_is_refused(repository: Repository, condition: str) -> None:
    kept = await repository.create(patient())
    with pytest.raises(PreconditionFailed, match="selects nothing"):
        await repository.delete_where("Patient", condition)
    assert await repository.read("Patient", kept["id"]) == kept


async def test_conditional_delete(repository: Repository) -> None:
    made = await repository.create(patient(identifier=SEVEN))
    with pytest.raises(PreconditionFailed):
        await repository.delete_where("Patient", BY_SEVEN, if_match=2)
    assert await repository.delete_where("Patient", BY_SEVEN)
    with pytest.raises(Gone):
        await repository.read("Patient", made["id"])
    assert not await repository.delete_where("Patient", BY_SEVEN)
    for _ in range(2):
        await repository.create(patient(identifier=SEVEN))
    with pytest.raises(PreconditionFailed, match="more than one"):
        await repository.delete_where("Patient", BY_SEVEN)
    assert len((await repository.search("Patient", BY_SEVEN)).resources) == 2


async def test_patch(repository: Repository) -> None:
    made = await repository.create(patient(identifier=SEVEN, gender="male"))
    change = json_patch([{"op": "replace", "path": "/gender", "value": "female"}])
    patched = await repository.patch("Patient", made["id"], change, if_match=1)
    assert (patched["gender"], patched["meta"]["versionId"]) == ("female", "2")
    assert len((await repository.search("Patient", "gender=female")).resources) == 1
    with pytest.raises(PreconditionFailed):
        await repository.patch("Patient", made["id"], change, if_match=1)
    with pytest.raises(Invalid, match="accepted"):
        await repository.patch("Patient", made["id"], json_patch([{"op": "add", "path": "/gender", "value": "?"}]))
    assert (await repository.patch_where("Patient", BY_SEVEN, change))["meta"]["versionId"] == "3"
    with pytest.raises(NotFound):
        await repository.patch_where("Patient", "identifier=none", change)
    with pytest.raises(NotFound):
        await repository.patch("Patient", "none", change)


def binary(*operations: dict[str, Any]) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(operations).encode()).decode()
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}


async def test_every_conditional_form_in_a_transaction(repository: Repository) -> None:
    for number in ("1", "2", "3"):
        await repository.update(patient(id=number, identifier=[{"value": number}]))
    request = bundle(
        entry("GET", "Patient/2/_history"),
        entry("PUT", "Patient?identifier=1", patient(identifier=[{"value": "1"}], gender="male")),
        entry("PATCH", "Patient?identifier=2", binary({"op": "add", "path": "/gender", "value": "other"})),
        entry("DELETE", "Patient?identifier=3"),
        entry("DELETE", "Patient?identifier=none"),
        entry("PUT", "Patient?identifier=5", patient(id="five", identifier=[{"value": "5"}])),
        entry("HEAD", "Patient/1"),
        entry("GET", "Patient/2", ifNoneMatch='W/"2"'),
        entry("GET", "Patient/2/_history/1"),
        entry("GET", "Patient/1", ifModifiedSince="2026-11-23T00:00:00Z"),
    )
    response = await repository.transaction(request, representation=True)
    statuses = [e["response"]["status"].partition(" ")[0] for e in response["entry"]]
    assert statuses == ["200", "200", "200", "204", "204", "201", "200", "304", "200", "304"]
    entries = response["entry"]
    assert [e["response"]["etag"] for e in entries[0]["resource"]["entry"]] == ['W/"2"', 'W/"1"']
    assert (entries[1]["resource"]["id"], entries[1]["resource"]["gender"]) == ("1", "male")
    assert entries[2]["resource"]["gender"] == "other"
    assert location(response, 5) == ("Patient", "five")
    assert "resource" not in entries[6]
    assert "resource" not in entries[7]
    assert "gender" not in entries[8]["resource"]
    with pytest.raises(Gone):
        await repository.read("Patient", "3")


async def test_a_conditional_reference_sees_what_the_transaction_makes(repository: Repository) -> None:
    request = bundle(
        entry("POST", "Observation", observation(f"Patient?{BY_SEVEN}")),
        entry("POST", "Patient", patient(identifier=SEVEN), ifNoneExist=BY_SEVEN),
    )
    for _ in range(2):
        response = await repository.transaction(request)
        stored = await repository.read(*location(response, 0))
        assert stored["subject"]["reference"] == "/".join(location(response, 1))
    with pytest.raises(PreconditionFailed, match="more than one"):
        await repository.transaction(bundle(request["entry"][0], entry("POST", "Patient", patient(identifier=SEVEN))))


async def test_faults_beside_a_conditional_reference_are_told_with_all_others(repository: Repository) -> None:
    with pytest.raises(Invalid) as raised:
        await repository.transaction(
            bundle(
                entry("POST", "Observation", observation(f"Patient?{BY_SEVEN}", status="x")),
                entry("POST", "Patient", patient(gender="x")),
            )
        )
    assert [i.expression for i in raised.value.issues] == [
        "Bundle.entry[0].resource.status",
        "Bundle.entry[1].resource.gender",
    ]


@pytest.mark.parametrize(
    ("one", "error"),
    [
        (entry("PUT", "Patient/1", patient(id="1")), BadRequest),
        (entry("PATCH", "Patient/1", binary()), BadRequest),
        (entry("PUT", "Patient?_id=1", patient(gender="male")), BadRequest),
        (entry("PUT", "Patient?identifier=none", patient(id="2")), Conflict),
        (entry("PATCH", "Patient?identifier=none", binary()), NotFound),
        (entry("PATCH", "Patient/2", binary({"op": "remove", "path": "/gender"})), Invalid),
    ],
)
async def test_what_overlaps_or_does_not_fit_is_refused(
    repository: Repository, one: dict[str, Any], error: type[FhirError]
) -> None:
    for number in ("1", "2"):
        await repository.update(patient(id=number, identifier=[{"value": number}]))
    with pytest.raises(error) as raised:
        await repository.transaction(bundle(entry("PUT", "Patient?identifier=1", patient(gender="male")), one))
    assert (raised.value.issues[0].expression or "").startswith("Bundle.entry[1]")
