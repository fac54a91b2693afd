"""Texts that want to be HTML, kept by commands, in a real browser: they are read, not run, on every page."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.browser.hospital import Hospital, Station
from tests.server.texts import IMAGE, SCRIPT
from xinglin.operations.walk import Walk

Open = Callable[..., Station]


@pytest.fixture(scope="module")
def kept(hospital: Hospital) -> Iterator[dict[str, str]]:
    """A patient whose record is full of such texts, and master data with such names; the latter are closed again."""
    walk = Walk(hospital.base, lambda _text: None)
    with closing(walk):
        yield from _kept(walk)


def _kept(walk: Walk) -> Iterator[dict[str, str]]:
    for login in ("registrar", "doctor", "administrator"):
        walk.sign_in(login)
    person = walk.do(
        "registrar", "patients.register", name=IMAGE, gender="male", birth_date="1990-01-01", phone="13900000000",
        address=SCRIPT, reason=IMAGE,
    )  # fmt: skip
    patient = f"Patient/{person['id']}"
    slot = walk.rows("registrar", "scheduling.free_slots", clinic="Schedule/cardiology")[0]
    booked = walk.do("registrar", "scheduling.book", patient=patient, slot=slot["key"])
    walk.do("registrar", "scheduling.check_in", appointment=f"Appointment/{booked['id']}")
    visit = next(row["visit"] for row in walk.rows("doctor", "outpatient.queue") if row["patient"] == patient)
    walk.do("doctor", "outpatient.call_in", visit=visit)
    walk.do("doctor", "outpatient.receive", visit=visit)
    walk.do("doctor", "patients.record_allergy", patient=patient, allergen="seafood", reaction=SCRIPT)
    note = {"chief_complaint": IMAGE, "present_illness": SCRIPT, "examination": IMAGE, "plan": SCRIPT}
    walk.do("doctor", "outpatient.write_note", visit=visit, **note)
    walk.do("doctor", "outpatient.diagnose", visit=visit, code="I10")
    walk.do("doctor", "pharmacy.prescribe", visit=visit, medicine="amlodipine-5", days=7)
    department = walk.do("administrator", "administration.create_department", name=IMAGE)
    yield {"patient": patient, "visit": visit}
    walk.do("administrator", "administration.close_department", department=f"Organization/{department['id']}")
    walk.do("doctor", "outpatient.finish", visit=visit)


PAGES = {
    "registrar": ("/registration?patient={patient}", "/registration?text=img", "/registration?text=" + IMAGE),
    "doctor": tuple(f"/doctor?visit={{visit}}&tab={tab}" for tab in ("record", "timeline", "orders", "results")),
    "cashier": ("/cashier", "/cashier?visit={visit}"),
    "pharmacist": ("/pharmacy", "/pharmacy?text=" + SCRIPT),
    "auditor": ("/audit?patient={patient}", "/audit?text=img", "/emergency-access"),
    "administrator": (
        "/administration?text=" + IMAGE, "/administration?tab=services", "/administration?tab=organization", "/jobs",
        "/form/administration.create_account?name=" + IMAGE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("login", PAGES)
def test_no_page_runs_them(station: Open, kept: dict[str, str], login: str) -> None:
    """A script that ran, or that only the page's policy has stopped, is a fault of the page, which fails the test."""
    person = station(login)
    shown = 0
    for path in PAGES[login]:
        for name, value in kept.items():
            path = path.replace(f"{{{name}}}", value)
        person.go(path)
        person.ready()
        assert person.page.locator("img[src=x]").count() == 0, path
        assert "hacked" not in (person.page.locator("script").all_inner_texts() or [""])[0], path
        shown += person.page.locator("body").inner_text().count("onerror=hacked")
    assert shown or login in ("cashier", "pharmacist"), "there was something to run"
