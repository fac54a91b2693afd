"""Texts that want to be SQL or HTML, in every field that there is: they stay texts, wherever they come out again."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.hospital import Hospital
from tests.server import texts
from tests.server.conftest import token
from tests.server.texts import FROM_HTML, FROM_SQL, IMAGE, SCRIPT
from xinglin.operations.hospital import PASSWORD

LIVE = ("<img src=x", "<script>hacked", "onerror=hacked(1)>", "</script><script>")
"""What a browser would run; escaped, none of it stands in a page."""
SLOW = 15
"""Seconds; what sleeps in the database does so for longer."""


@pytest.fixture(scope="module")
async def known(hospital: Hospital) -> dict[str, str]:
    """Names of resources that are there, by the fields that take them."""
    patient = await hospital.patient("林晓", phone="13900000000")
    allergy = await hospital.do("doctor", "patients.record_allergy", patient=patient, allergen="penicillin")
    visit = await hospital.consultation(patient)
    await hospital.write_record(visit)
    slots = await hospital.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology")
    second = await hospital.patient("林暮")
    booked = await hospital.do("registrar", "scheduling.book", patient=second, slot=slots[0].key)
    return {
        "patient": patient,
        "visit": visit,
        "slot": slots[1].key,
        "appointment": f"Appointment/{booked['id']}",
        "allergy": f"AllergyIntolerance/{allergy['id']}",
        "department": "Organization/department-pharmacy",
        "campus": "Location/campus-east",
        "medicine": "amlodipine-5",
        "account": f"account/{hospital.people['doctor3'].account_id}",
        "gender": "male",
        "birth_date": "1990-01-01",
        "last_day": "2027-11-23",
        "reason": "only trying, for long enough",
    }


@pytest.fixture(scope="module")
async def windows(client: httpx.AsyncClient, hospital: Hospital) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A browser of each person of staff, signed in."""
    async with AsyncExitStack() as stack:
        opened = {}
        for login in hospital.people:
            window = httpx.AsyncClient(transport=client._transport, base_url="http://hospital")
            opened[login] = await stack.enter_async_context(window)
            csrf = _csrf((await window.get("/signin")).text)
            answer = await window.post("/signin", data={"login": login, "password": PASSWORD, "_csrf": csrf})
            assert answer.status_code == 303
        yield opened


def _csrf(text: str) -> str:
    found = re.search(r'name="_csrf" value="([^"]*)"', text)
    assert found
    return found[1]


def harmless(answer: httpx.Response, about: object) -> None:
    """Fails where a page holds a payload that a browser would run."""
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert not [text for text in LIVE if text in answer.text], (about, answer.text[:2000])


async def test_no_text_becomes_sql(client: httpx.AsyncClient, hospital: Hospital, known: dict[str, str]) -> None:
    registry, people = hospital.application.registry, hospital.people
    headers = {login: await token(client, login) for login in people}
    statuses: dict[int, int] = {}
    commands = list(texts.command_tries(registry, people, known, FROM_SQL))
    views = list(texts.view_tries(registry, people, known, FROM_SQL))
    assert {each.name for each in commands} > {"patients.register", "pharmacy.reject", "administration.create_key"}
    for each in (*commands, *views):
        begun = time.monotonic()
        if each in views:
            answer = await client.get(f"/api/views/{each.name}", params=each.values, headers=headers[each.login])
        else:
            answer = await client.post(f"/api/commands/{each.name}", json=each.values, headers=headers[each.login])
        assert answer.status_code < 500, (each, answer.text)
        assert time.monotonic() - begun < SLOW, each
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    assert statuses[200] > 50, statuses
    async with hospital.application.database.transaction() as connection:
        row = await (await connection.execute("SELECT count(*) FROM account")).fetchone()
        assert row is not None
        assert row[0] >= len(people)


async def test_no_text_becomes_html(
    hospital: Hospital, known: dict[str, str], windows: dict[str, httpx.AsyncClient]
) -> None:
    registry, people = hospital.application.registry, hospital.people
    done = set()
    for each in texts.command_tries(registry, people, known, FROM_HTML):
        window = windows[each.login]
        form = await window.get(f"/form/{each.name}", params=each.values)
        harmless(form, each)
        values = {name: str(value) for name, value in each.values.items() if not isinstance(value, list)}
        lists = {name: value for name, value in each.values.items() if isinstance(value, list)}
        csrf = _csrf((await window.get("/account")).text)
        answer = await window.post(f"/do/{each.name}", data={**values, **lists, "_csrf": csrf})
        assert answer.status_code < 500, (each, answer.text)
        harmless(answer, each)
        if answer.status_code == 303:
            done.add(each.name)
    kept = {"patients.register", "patients.correct", "outpatient.write_note", "administration.create_department"}
    assert done >= kept, done
    for each in texts.view_tries(registry, people, known, FROM_HTML):
        for path in (f"/list/{each.name}", f"/options/{each.name}", f"/list/{each.name}.csv"):
            answer = await windows[each.login].get(path, params=each.values)
            assert answer.status_code < 500, (path, each)
            harmless(answer, each)


async def test_what_was_kept_comes_out_as_text(
    hospital: Hospital, known: dict[str, str], windows: dict[str, httpx.AsyncClient]
) -> None:
    """Every page and every list, as everybody who may see it, over what the test before has left."""
    registry = hospital.application.registry
    await hospital.patient(IMAGE)
    await hospital.do("doctor", "outpatient.write_note", visit=known["visit"], chief_complaint=SCRIPT, plan=IMAGE)
    found = 0
    for login, window in windows.items():
        may = registry.permissions(hospital.people[login].roles)
        for screen in registry.screens.values():
            if screen.permission not in may:
                continue
            names = texts.queries_of(screen)
            given = {name: known[name] for name in names if name in ("patient", "visit", "account")}
            pages = [
                {},
                given,
                {"text": "林"},
                {"text": "img"},
                *({name: text} for name in names for text in (IMAGE, *FROM_SQL)),
            ]
            for query in pages:
                answer = await window.get(screen.path, params=query)
                assert answer.status_code < 500, (screen.path, query)
                harmless(answer, (screen.path, query))
                found += "&lt;img src=x" in answer.text
        for view in registry.views.values():
            if view.permission in may and not [i for i in view.filter.model_fields.values() if i.is_required()]:
                harmless(await window.get(f"/list/{view.name}"), view.name)
    assert found > 20, "what was kept is shown"
