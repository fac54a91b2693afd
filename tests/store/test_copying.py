"""What goes into COPY comes out as it was, whatever signs are in it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.ingested import ingest
from xinglin.fhir.types import Resource
from xinglin.platform.database import Database
from xinglin.store.repository import Repository

AWKWARD = ("\\", "\\N", "a\\tb", "tab\tin", "line\nin", "return\rin", "\\.", "{x}", '"', "欧阳\\修", "\u2028", "x\\\\")


def patient(id: str, text: str) -> Resource:
    return {"resourceType": "Patient", "id": id, "name": [{"text": text}]}


@pytest.mark.parametrize("way", ["ingest", "transaction"])
async def test_awkward_texts(database: Database, way: str) -> None:
    async with database.transaction() as connection:
        repository = Repository(connection, now=datetime.now(UTC))
        resources = [patient(f"p{number}", text) for number, text in enumerate(AWKWARD)]
        if way == "ingest":
            assert not any(await ingest(repository, resources))
        else:
            entry = [{"resource": r, "request": {"method": "PUT", "url": f"Patient/{r['id']}"}} for r in resources]
            await repository.transaction({"resourceType": "Bundle", "type": "transaction", "entry": entry})
        for resource in resources:
            stored = await repository.read("Patient", resource["id"])
            assert stored["name"] == resource["name"]
            escaped = resource["name"][0]["text"].replace("\\", "\\\\")
            page = await repository.search("Patient", [("name:exact", escaped)])
            assert resource["id"] in {found["id"] for found in page.resources}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
async def test_any_text(database: Database, texts: list[str]) -> None:
    texts = [text for text in texts if text.strip()]
    async with database.transaction() as connection:
        repository = Repository(connection, now=datetime.now(UTC))
        for number, (text, issues) in enumerate(
            zip(texts, await ingest(repository, [patient(f"a{n}", t) for n, t in enumerate(texts)]), strict=True)
        ):
            assert not issues
            assert (await repository.read("Patient", f"a{number}"))["name"][0]["text"] == text


async def test_more_contained_resources_than_keys_are_written_all_the_same(database: Database) -> None:
    inside = [
        {"resourceType": "Organization", "id": f"o{n}", "name": "x", "partOf": {"reference": f"#o{(n + 1) % 5}"}}
        for n in range(5)
    ]
    whole = {**patient("a", "Li"), "contained": inside, "managingOrganization": {"reference": "#o4"}}
    again = {**whole, "gender": "female"}
    async with database.transaction() as connection:
        repository = Repository(connection, now=datetime.now(UTC))
        assert not any(await ingest(repository, [{**whole, "id": "b"}, whole, again, {**whole, "id": "c"}]))
        found = await repository.search("Patient", "organization.name=x")
        assert sorted(one.id for one in found.matches) == ["a", "b", "c"]
        assert (await repository.read("Patient", "a"))["gender"] == "female"
        assert (await repository.search("Organization", "name=x&_contained=true&_count=0")).total == 3
