"""Exports and imports, from the request over the worker to the files."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.exchange.fhir.told import told
from xinglin.exchange.fhir.bulk import House, exporting, importing, provide
from xinglin.exchange.fhir.deidentifying import Pseudonyms
from xinglin.platform import background, jobs
from xinglin.platform.crypto.projects import project_secret
from xinglin.platform.database import Database
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings

BULK = {"Authorization": "fhir.export fhir.import fhir.read fhir.write", "Prefer": "respond-async"}
NDJSON = {**BULK, "Content-Type": "application/fhir+ndjson"}


@pytest.fixture
def surroundings(database: Database, bulk_folder: Path) -> House:
    async def everything(_connection: object, _account: str) -> None:
        return None

    house = House(database, bulk_folder, lambda: datetime.now(UTC), UTC, everything, Seal(Settings(home=bulk_folder)))
    provide(house)
    return house


async def worked(client: httpx.AsyncClient, begun: httpx.Response, house: House) -> httpx.Response:
    """The last answer of the status of a job, with a real worker doing it."""
    assert begun.status_code == 202, begun.text
    url = begun.headers["content-location"]
    assert (await client.get(url, headers=BULK)).status_code == 202
    stop = asyncio.Event()
    running = asyncio.create_task(jobs.run(house.database.conninfo, stop))
    try:
        for _ in range(500):
            status = await client.get(url, headers=BULK)
            if status.status_code != 202:
                return status
            await asyncio.sleep(0.02)
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)
    raise AssertionError(status.text)


def observation(id: str, patient: str) -> dict[str, Any]:
    subject = {"subject": {"reference": patient}} if patient else {}
    return {"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"}, **subject}


@pytest.fixture
async def filled(client: httpx.AsyncClient) -> httpx.AsyncClient:
    member = [{"entity": {"reference": "Patient/a"}}, {"entity": {"reference": "Patient/b"}, "inactive": True}]
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "a"},
        {"resourceType": "Patient", "id": "b"},
        {"resourceType": "Organization", "id": "org", "name": "x"},
        observation("oa", "Patient/a"),
        observation("ob", "Patient/b"),
        observation("nobody", ""),
        {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": member},
        {"resourceType": "Patient", "id": "gone"},
    ]
    for resource in resources:
        assert (await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)).status_code == 201
    await client.delete("Patient/gone")
    return client


async def exported(client: httpx.AsyncClient, path: str, house: House) -> set[str]:
    """The names of all resources in the files of an export."""
    status = await worked(client, await client.get(path, headers=BULK), house)
    assert status.status_code == 200, status.text
    found = set()
    for output in status.json()["output"]:
        file = await client.get(output["url"], headers=BULK)
        assert file.headers["content-type"] == "application/fhir+ndjson"
        lines = [json.loads(line) for line in file.text.splitlines()]
        assert len(lines) == output["count"]
        assert {line["resourceType"] for line in lines} == {output["type"]}
        found |= {f"{line['resourceType']}/{line['id']}" for line in lines}
    return found - {name for name in found if name.startswith("Task/")}


async def test_exports_of_three_levels(filled: httpx.AsyncClient, surroundings: House) -> None:
    patients = {"Patient/a", "Patient/b"}
    about = {"Observation/oa", "Observation/ob", "Group/g"}
    everything = patients | about | {"Observation/nobody", "Organization/org"}
    assert await exported(filled, "$export", surroundings) == everything
    assert await exported(filled, "Patient/$export", surroundings) == patients | about
    assert await exported(filled, "Group/g/$export", surroundings) == {"Patient/a", "Observation/oa", "Group/g"}
    assert await exported(filled, "$export?_type=Patient,Organization", surroundings) == patients | {"Organization/org"}
    shown = sorted((exporting.members(folder) for folder in surroundings.folder.iterdir()), key=str)
    assert shown == [["Patient/*"], ["Patient/*"], ["Patient/*"], ["Patient/a"]]
    moment = (await filled.get("Observation/ob")).json()["meta"]["lastUpdated"]
    since = await exported(filled, f"$export?_type=Observation&_since={moment}", surroundings)
    assert since == {"Observation/ob", "Observation/nobody"}


async def test_large_types_come_in_several_files(
    filled: httpx.AsyncClient, surroundings: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LINES", 2)
    monkeypatch.setattr("xinglin.store.exporting.BATCH", 2)
    status = await worked(filled, await filled.get("$export?_type=Observation", headers=BULK), surroundings)
    assert [output["count"] for output in status.json()["output"]] == [2, 1]


async def test_an_export_can_be_cancelled(filled: httpx.AsyncClient, surroundings: House) -> None:
    url = (await filled.get("$export", headers=BULK)).headers["content-location"]
    assert (await filled.delete(url, headers=BULK)).status_code == 202
    told(await filled.get(url, headers=BULK), 404)
    told(await filled.delete(url, headers=BULK), 404)
    await exporting.run(surroundings, url.rpartition("=")[2])
    assert not list(surroundings.folder.glob("*"))


async def test_one_that_is_cancelled_while_it_runs_leaves_no_files(
    filled: httpx.AsyncClient, surroundings: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = (await filled.get("$export", headers=BULK)).headers["content-location"]
    append = exporting._append

    def slowly(path: Path, lines: list[bytes]) -> None:
        append(path, lines)
        assert asyncio.run_coroutine_threadsafe(cancel(), loop).result(10) == httpx.codes.ACCEPTED

    async def cancel() -> int:
        monkeypatch.undo()
        return (await filled.delete(url, headers=BULK)).status_code

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(exporting, "_append", slowly)
    await exporting.run(surroundings, url.rpartition("=")[2])
    told(await filled.get(url, headers=BULK), 404)
    assert not list(surroundings.folder.glob("*"))


async def test_how_far_it_is_is_told_while_it_runs(
    filled: httpx.AsyncClient, surroundings: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for from within: after each file of an export, and after each batch of an import."""
    said: list[str] = []
    loop = asyncio.get_running_loop()

    def ask(url: str) -> None:
        answer = asyncio.run_coroutine_threadsafe(filled.get(url, headers=BULK), loop).result(10)
        assert (answer.status_code, answer.headers["retry-after"]) == (202, "5")
        said.append(answer.headers["x-progress"])

    url = (await filled.get("$export?_type=Patient,Observation,Group", headers=BULK)).headers["content-location"]
    append, read = exporting._append, importing._read

    def written(path: Path, lines: list[bytes]) -> None:
        append(path, lines)
        ask(url)

    monkeypatch.setattr(exporting, "_append", written)
    await exporting.run(surroundings, url.rpartition("=")[2])
    assert said == [f"in-progress, {done} of 3 types" for done in (0, 1, 2)]
    said.clear()
    lines = [json.dumps({"resourceType": "Patient", "id": f"p{n}"}) for n in range(4)]
    imported = (await filled.post("$import", content="\n".join(lines), headers=NDJSON)).headers["content-location"]
    monkeypatch.setattr(importing, "BATCH", 1)

    def reading(file: Any) -> list[bytes]:
        found = read(file)
        if not found:
            ask(imported)
        return found

    monkeypatch.setattr(importing, "PROCESSES", 0)
    monkeypatch.setattr(importing, "_read", reading)
    await importing.run(surroundings, imported.rpartition("=")[2])
    assert said[-1] == "in-progress, 100 % read, 4 resources"


async def test_a_job_that_is_given_up_says_so(filled: httpx.AsyncClient, surroundings: House) -> None:
    export = (await filled.get("$export", headers=BULK)).headers["content-location"]
    await exporting._given_up(export.rpartition("=")[2])
    assert jobs.GIVEN_UP in told(await filled.get(export, headers=BULK), 500)
    imported = (await filled.post("$import", content=LINES[0], headers=NDJSON)).headers["content-location"]
    await importing._given_up(imported.rpartition("=")[2])
    answer = await filled.get(imported, headers=BULK)
    assert answer.status_code == 200
    assert answer.json()["parameter"][0] == {"name": "status", "valueCode": "failed"}


async def test_a_job_that_begins_again_hands_out_whole_files(filled: httpx.AsyncClient, surroundings: House) -> None:
    url = (await filled.get("$export?_type=Patient", headers=BULK)).headers["content-location"]
    folder = surroundings.folder / url.rpartition("=")[2]
    folder.mkdir(parents=True)
    (folder / "Patient.1.ndjson").write_text("half a li")  # of a worker that died
    await exporting.run(surroundings, folder.name)
    output = (await filled.get(url, headers=BULK)).json()["output"]
    assert len((await filled.get(output[0]["url"], headers=BULK)).text.splitlines()) == 2


async def test_exports_that_are_refused(filled: httpx.AsyncClient, surroundings: House) -> None:
    assert "respond-async" in told(await filled.get("$export", headers={**BULK, "Prefer": ""}), 400)
    told(await filled.get("$export", headers={"Authorization": "fhir.read fhir.write"}), 403)
    told(await filled.get("$export?_outputFormat=csv", headers=BULK), 400)
    told(await filled.get("$export?_type=Foo", headers=BULK), 400)
    told(await filled.get("$export?_typeFilter=x", headers=BULK), 400)
    told(await filled.get("Group/none/$export", headers=BULK), 404)
    told(await filled.get("$export-status?task=none", headers=BULK), 404)
    ours = {"coding": [{"system": background.SYSTEM, "code": "export"}]}
    for stranger, code in (("t", {"text": "x"}), ("..", ours), ("a.b", ours)):
        task = {"resourceType": "Task", "id": stranger, "status": "completed", "intent": "order", "code": code}
        assert (await filled.post("", json=put(task))).status_code == 200
        told(await filled.get(f"$export-status?task={stranger}", headers=BULK), 404)
    url = (await filled.get("$export?_type=Patient", headers=BULK)).headers["content-location"]
    id = url.rpartition("=")[2]
    told(await filled.get(f"$export-file?task={id}&name=Patient.1.ndjson", headers=BULK), 404)
    await exporting.run(surroundings, id)
    for name in ("..%2F..%2Fx", "Patient.2.ndjson", "%2Fetc%2Fpasswd"):
        told(await filled.get(f"$export-file?task={id}&name={name}", headers=BULK), 404)


def put(resource: dict[str, Any]) -> dict[str, Any]:
    """A transaction, since httpx would shorten a path with dots."""
    request = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": resource, "request": request}]}


LINES = [
    json.dumps({"resourceType": "Patient", "id": "a", "gender": "male"}),
    "",
    json.dumps({"resourceType": "Patient", "id": "b", "gender": "x"}),
    "{not json",
    json.dumps({"resourceType": "Patient"}),
    '{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}',
    json.dumps({"resourceType": "Patient", "id": "a", "gender": "female"}),
    json.dumps({"resourceType": "Foo", "id": "x"}),
]


@pytest.mark.parametrize(("batch", "small"), [(1000, importing.SMALL), (2, importing.SMALL), (2, 0)])
async def test_an_import(
    client: httpx.AsyncClient, surroundings: House, monkeypatch: pytest.MonkeyPatch, batch: int, small: int
) -> None:
    monkeypatch.setattr(importing, "BATCH", batch)
    monkeypatch.setattr(importing, "SMALL", small)  # 0: packed by other processes
    begun = await client.post("$import", content="\n".join(LINES), headers=NDJSON)
    status = await worked(client, begun, surroundings)
    found = {p["name"]: next(v for k, v in p.items() if k != "name") for p in status.json()["parameter"]}
    assert (found["status"], found["accepted"], found["refused"]) == ("completed", 3, 4)
    errors = (await client.get(found["errors"], headers=BULK)).text.splitlines()
    told_of = [json.loads(line)["issue"][0]["diagnostics"].partition(":")[0] for line in errors]
    assert told_of == ["Line 3", "Line 4", "Line 5", "Line 8"]
    patient = await client.get("Patient/a")
    assert (patient.json()["gender"], patient.headers["etag"]) == ("female", 'W/"2"')
    assert b'"value":1.50' in (await client.get("Observation/o")).content
    assert len((await client.get("Patient?gender=female")).json()["entry"]) == 1
    assert not list(surroundings.folder.rglob("input.ndjson")), "what was sent is not kept"


async def test_an_import_goes_on_where_its_worker_died(
    client: httpx.AsyncClient, surroundings: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    lines = [
        json.dumps({"resourceType": "Patient", "id": f"p{n}", **({"x": 1} if n % 3 == 0 else {})}) for n in range(9)
    ]
    url = (await client.post("$import", content="\n".join(lines), headers=NDJSON)).headers["content-location"]
    move, left = background.move, 3

    async def dying(*args: Any, **kwargs: Any) -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            raise SystemExit  # after the batch was written and before it was committed
        return await move(*args, **kwargs)

    monkeypatch.setattr(background, "move", dying)
    with pytest.raises(SystemExit):
        await importing.run(surroundings, url.rpartition("=")[2])
    monkeypatch.setattr(background, "move", move)
    assert (await client.get("Patient?_count=0")).json()["total"] == 2
    await importing.run(surroundings, url.rpartition("=")[2])
    status = (await client.get(url, headers=BULK)).json()
    found = {p["name"]: next(v for k, v in p.items() if k != "name") for p in status["parameter"]}
    assert (found["accepted"], found["refused"]) == (6, 3)
    assert len((await client.get(found["errors"], headers=BULK)).text.splitlines()) == 3
    versions = [(await client.get(f"Patient/p{n}")).headers["etag"] for n in range(9) if n % 3]
    assert set(versions) == {'W/"1"'}


async def test_imports_that_are_refused_leave_nothing(client: httpx.AsyncClient, surroundings: House) -> None:
    told(await client.post("$import", content="{}", headers={**BULK, "Content-Type": "application/json"}), 415)
    told(await client.post("$import", content="", headers=NDJSON), 400)
    told(await client.post("$import", content="x", headers={**NDJSON, "Authorization": "fhir.write"}), 403)
    told(await client.get("$import", headers=NDJSON), 405)
    assert not list(surroundings.folder.rglob("*"))
    begun = await client.post("$import", content=LINES[0], headers=NDJSON)
    url = begun.headers["content-location"]
    assert (await client.delete(url, headers=BULK)).status_code == 202
    await importing.run(surroundings, url.rpartition("=")[2])
    assert (await client.get("Patient?_count=0")).json()["total"] == 0


async def lines_of(client: httpx.AsyncClient, path: str, house: House) -> dict[str, list[dict[str, Any]]]:
    """The resources in the files of an export by their types."""
    status = await worked(client, await client.get(path, headers=BULK), house)
    assert status.status_code == 200, status.text
    files = {each["type"]: await client.get(each["url"], headers=BULK) for each in status.json()["output"]}
    return {type: [json.loads(line) for line in file.text.splitlines()] for type, file in files.items()}


async def test_an_export_without_names(filled: httpx.AsyncClient, surroundings: House) -> None:
    named = {"resourceType": "Patient", "id": "a", "name": [{"text": "王小明"}], "birthDate": "1980-03-05"}
    assert (await filled.put("Patient/a", json=named)).status_code == 200
    once = await lines_of(filled, "$export?_deidentify=sepsis-2026", surroundings)
    assert once.keys() == {"Patient", "Observation"}
    assert {len(each["id"]) for each in once["Patient"]} == {32}
    ids = {f"Patient/{each['id']}" for each in once["Patient"]}
    about = {each["subject"]["reference"] for each in once["Observation"] if "subject" in each}
    assert about == ids
    text = json.dumps(once, ensure_ascii=False)
    for secret in ("王小明", "1980-03-05", '"Patient/a"', '"oa"'):
        assert secret not in text
    assert await lines_of(filled, "Patient/$export?_deidentify=sepsis-2026&_type=Patient", surroundings) == {
        "Patient": once["Patient"]
    }
    other = await lines_of(filled, "$export?_deidentify=stroke&_type=Patient", surroundings)
    assert ids.isdisjoint(f"Patient/{each['id']}" for each in other["Patient"])
    async with surroundings.database.session() as session:
        secret, suite = await project_secret(session, surroundings.seal, "stroke", surroundings.clock())
    assert {Pseudonyms(secret, suite).id("Patient", id) for id in "ab"} == {each["id"] for each in other["Patient"]}


@pytest.mark.parametrize(
    ("query", "accepted"),
    [("_deidentify=a b", "name of a project"), ("_deidentify=x&_type=Practitioner", "is not exported without names")],
)
async def test_an_export_without_names_says_what_it_takes(filled: httpx.AsyncClient, query: str, accepted: str) -> None:
    assert accepted in told(await filled.get(f"$export?{query}", headers=BULK), 400)
