"""`xinglin load`, on real files."""

import gzip
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.operations.conftest import xinglin
from tests.postgres import Databases


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012d}", "resource": resource,
         "request": {"method": "POST", "url": resource["resourceType"]}}
        for number, resource in enumerate(resources)
    ]  # fmt: skip
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


SUBSCRIPTION = {
    "resourceType": "Subscription", "status": "requested", "reason": "test", "criteria": "Observation?status=final",
    "channel": {"type": "rest-hook", "endpoint": "https://registry.example/fhir", "header": ["Authorization: geheim"]},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One good bundle with a secret in it, one good compressed one, and one with a bad entry beside a good one."""
    (tmp_path / "a.json").write_bytes(bundle({"resourceType": "Patient", "gender": "male"}, SUBSCRIPTION))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(bundle({"resourceType": "Patient", "gender": "female"})))
    (tmp_path / "c.json").write_bytes(
        bundle({"resourceType": "Patient", "birthDate": "1968-13-40"}, {"resourceType": "Patient", "gender": "other"})
    )
    return tmp_path


def patients(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM resource WHERE type = 'Patient'").fetchone()
    return row[0] if row else 0


def test_each_file_is_accepted_or_refused_as_a_whole(
    environment: dict[str, str],
    empty_databases: Databases,
    folder: Path,
) -> None:
    given = environment | {"XINGLIN_DATABASE_URL": empty_databases.create()}
    done = xinglin(given, "load", str(folder))
    assert done.returncode == 1, done.stderr
    assert "[1/3] a.json: 2 resources" in done.stdout
    assert "[2/3] b.json.gz: 1 resources" in done.stdout
    assert "[3/3] c.json: refused, 1 faults" in done.stdout
    assert "birthDate" in done.stdout
    assert "3 resources accepted, 1 of 3 files refused" in done.stdout
    assert patients(given["XINGLIN_DATABASE_URL"]) == 2
    with psycopg.connect(given["XINGLIN_DATABASE_URL"]) as connection:
        ((headers, names, (value,)),) = connection.execute(
            "SELECT headers, header_names, header_values FROM subscription"
        )
    assert (headers, names) == ([], ["Authorization"])
    assert b"geheim" not in value
    (folder / "c.json").unlink()
    assert xinglin(given, "load", str(folder)).returncode == 0


def test_bindings_of_profiles_are_decided(
    environment: dict[str, str], empty_databases: Databases, tmp_path: Path
) -> None:
    status = {"coding": [{"system": "urn:s", "code": "X"}]}
    include = {"system": "urn:s", "concept": [{"code": "M"}]}
    path, url = "Patient.maritalStatus", "http://hospital.example/vs"
    element = {"id": path, "path": path, "binding": {"strength": "required", "valueSet": url}}
    profile = {
        "resourceType": "StructureDefinition", "url": "urn:profile", "name": "P", "status": "active", "abstract": False,
        "kind": "resource", "type": "Patient", "derivation": "constraint", "differential": {"element": [element]},
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    }  # fmt: skip
    value_set = {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": [include]}}
    patient = {"resourceType": "Patient", "meta": {"profile": ["urn:profile"]}, "maritalStatus": status}
    (tmp_path / "one.json").write_bytes(bundle(patient, profile, value_set))
    done = xinglin(environment | {"XINGLIN_DATABASE_URL": empty_databases.create()}, "load", str(tmp_path))
    assert done.returncode == 1, done.stderr
    assert "Bundle.entry[0].resource.maritalStatus: {'coding'" in done.stdout
    assert f"is not in the value set {url} (required binding)" in done.stdout


def test_nothing_to_load_is_told(environment: dict[str, str], empty_databases: Databases, tmp_path: Path) -> None:
    given = environment | {"XINGLIN_DATABASE_URL": empty_databases.create()}
    for folder in (tmp_path, tmp_path / "absent"):
        done = xinglin(given, "load", str(folder))
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(f"xinglin: {folder} ")
