"""Work behind the screens: what did not get on, by keys and in both languages; and one's own, with its end told."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.hospital import Hospital, Station
from xinglin.operations.hospital import PASSWORD
from xinglin.platform import deliveries, jobs, outbox
from xinglin.platform.database import Database

Open = Callable[..., Station]


@jobs.task("tests.stuck")
async def stuck(id: str) -> None:
    """Never done: its job is put into the state that a worker would leave it in."""


async def trouble(conninfo: str) -> None:
    """A failed job, an event that was given up, a channel that is held."""
    database = Database(conninfo, min_size=1, max_size=2)
    await database.open()
    async with database.transaction() as connection:
        row = await (await connection.execute("SELECT now()")).fetchone()
        assert row is not None
        at = row[0]
        id = await jobs.enqueue(connection, stuck, id="a1", at=at + timedelta(days=1))
        for status in ("doing", "failed"):
            await connection.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", (status, id))
        values = {"job": id, "error": "builtins.OSError at xinglin/exchange/fhir/bulk/exporting.py:7 run"}
        await connection.execute(jobs.queries.job_failed, values)
        payload = {"subject": "Encounter/a", "data": {}}
        event = await outbox.publish(connection, event="tests.stuck", payload=payload, key="Encounter/a", at=at)
        parked = {"id": event, "attempts": 10, "done": [], "next_attempt": at, "error": "KeyError: x", "parked": at}
        await connection.execute(outbox.queries.failed, parked)
        await deliveries.add(connection, channel="registry/a", key="k", payload={}, at=at)
        pause = {"channel": "registry/a", "next_attempt": at, "held": at, "error": "The receiver answered 503"}
        await connection.execute(deliveries.queries.delivery_pause, pause)
    await database.close()


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_what_does_not_get_on(station: Open, hospital: Hospital, pictures: Path, locale: str) -> None:
    assert hospital.settings.database_url is not None
    hospital.run(trouble(hospital.settings.database_url))
    chief = station("administrator", locale=locale)
    chief.go("/jobs?status=failed")
    chief.page.locator("#jobs tbody a").first.click()
    expect(chief.page.locator("#list")).to_contain_text("exporting.py:7")
    assert chief.accessibility() == []
    chief.picture(pictures, f"jobs-{locale}-1366x768")
    chief.page.locator("#jobs tbody tr").first.locator("button.danger").click()
    chief.page.fill("#dialog [name=reason]", "no longer needed")
    assert chief.accessibility() == []
    chief.page.keyboard.press("Control+Enter")
    expect(chief.page.locator("#list")).not_to_contain_text("exporting.py:7")
    for key, table, count in (("Alt+2", "events", 1), ("Alt+3", "channels", 1)):
        chief.page.keyboard.press(key)
        rows = chief.page.locator(f"#{table} tbody tr")
        expect(rows).to_have_count(count)
        assert chief.accessibility() == []
        chief.picture(pictures, f"jobs-{table}-{locale}-1366x768")
        rows.first.locator("button.danger").click()
        chief.page.fill("#dialog [name=reason]", "no longer needed")
        chief.page.keyboard.press("Control+Enter")
        expect(rows).to_have_count(0)
    assert chief.page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_ones_own(station: Open, hospital: Hospital, pictures: Path, locale: str) -> None:
    with httpx.Client(base_url=hospital.base) as client:
        token = client.post("/api/session", json={"login": "integrator", "password": PASSWORD}).json()["token"]
        headers = {"Authorization": f"Bearer {token}", "Prefer": "respond-async"}
        assert client.get("/fhir/$export?_type=Location", headers=headers).status_code == 202
    person = station("integrator", locale=locale)
    expect(person.page).to_have_url(f"{hospital.base}/jobs/mine")
    row = person.page.locator("#own tbody tr").first
    expect(row).to_contain_text("Location")
    expect(person.page.locator("nav.rail .badge")).to_have_text("1", timeout=30_000)
    person.page.reload()
    expect(row).to_contain_text({"zh_CN": "已完成", "en": "Completed"}[locale])
    assert person.accessibility() == []
    person.picture(pictures, f"jobs-mine-{locale}-1366x768")
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_have_count(0)
    expect(person.page.locator("nav.rail .badge")).to_have_text("")
