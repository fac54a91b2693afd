"""A repeat visit with two medicines, from the call to the end: how much a doctor must press and click."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.hospital import Hospital, Station
from xinglin.operations.walk import Walk

Open = Callable[..., Station]
MOST = 25
"""Keys and clicks from the call to the signature."""

RECORDER = """
for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, (event) => {
  if (!event.isTrusted || ["Control", "Alt", "Shift", "Meta"].includes(event.key)) return;
  pressed(event.key || "click");
}, true);
"""
NAME = "复诊患者"


def earlier_visit(hospital: Hospital) -> None:
    """A patient whom another doctor saw this morning with two medicines, and who waits for cardiology now."""
    walk = Walk(hospital.base, lambda _text: None)
    for login in ("registrar", "doctor2"):
        walk.sign_in(login)
    values = {"name": NAME, "gender": "male", "birth_date": "1960-02-01", "phone": "13900000001"}
    patient = f"Patient/{walk.do('registrar', 'patients.register', **values)['id']}"
    for clinic in ("general", "cardiology"):
        slot = walk.rows("registrar", "scheduling.free_slots", clinic=f"Schedule/{clinic}")[0]
        booked = walk.do("registrar", "scheduling.book", patient=patient, slot=slot["key"])
        walk.do("registrar", "scheduling.check_in", appointment=f"Appointment/{booked['id']}")
    visit = next(row["visit"] for row in walk.rows("doctor2", "outpatient.queue") if row["patient"] == patient)
    for command in ("call_in", "receive"):
        walk.do("doctor2", f"outpatient.{command}", visit=visit)
    walk.do("doctor2", "outpatient.write_note", visit=visit, chief_complaint="高血压复诊", present_illness="血压平稳。")
    walk.do("doctor2", "outpatient.diagnose", visit=visit, code="I10")
    for medicine, frequency in (("amlodipine-5", "qd"), ("metformin-500", "bid")):
        walk.do("doctor2", "pharmacy.prescribe", visit=visit, medicine=medicine, frequency=frequency, days=7)
    walk.do("doctor2", "outpatient.finish", visit=visit)
    walk.close()


def test_a_repeat_visit_with_two_medicines_is_quick(station: Open, hospital: Hospital) -> None:
    earlier_visit(hospital)
    doctor = station("doctor")
    page, pressed = doctor.page, list[str]()

    def press(key: str) -> None:
        pressed.append(key)

    page.expose_function("pressed", press)
    page.add_init_script(RECORDER)
    doctor.go("/doctor")
    row = page.locator("#queue li", has_text=NAME)
    expect(row).to_be_visible()

    row.get_by_role("button", name="叫号").click()
    row.get_by_role("button", name="接诊").click()
    expect(page.locator("#banner h1")).to_have_text(NAME)
    page.keyboard.press("Alt+l")
    expect(page.locator("#dialog .check-line")).to_have_count(4)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#basket .order")).to_have_count(2)
    expect(page.locator("#diagnoses")).to_contain_text("原发性高血压")
    expect(page.locator("[name=chief_complaint]")).to_have_value("高血压复诊")
    page.keyboard.press("Alt+c")
    page.keyboard.press("End")
    page.keyboard.type("4 周")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#seen")).to_contain_text(NAME)
    expect(page.locator("#seen")).to_contain_text("待缴费")

    assert len(pressed) <= MOST, pressed
    assert {"click", "l", "Enter"} <= set(pressed), "the recorder has seen keys and clicks"
    done = Walk(hospital.base, lambda _text: None)
    done.sign_in("doctor")
    visit = next(item["key"] for item in done.rows("doctor", "outpatient.seen") if item["patient_name"] == NAME)
    lines = done.rows("doctor", "pharmacy.lines", visit=visit)
    assert {(line["state"], line["packs"] > 0) for line in lines} == {("CREATED", True)}
    done.close()
