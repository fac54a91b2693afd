"""From a second registration to its merge and back, by keys; and the station of patients' records."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hospital import Station

Open = Callable[..., Station]
HOME = "杏林市青囊区杏林路 88 号"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A photo of 900 × 1200 pixels, as a telephone takes them, only greyer."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header, rows = struct.pack(">IIBBBBB", 900, 1200, 8, 2, 0, 0, 0), zlib.compress((b"\0" + b"\x7f" * 2700) * 1200)
    path = tmp_path / "photo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def fill(page: Page, **values: str) -> None:
    """Fills in the form of a registration."""
    for name, value in values.items():
        field = page.locator(f"#dialog [name={name}]")
        if name == "gender":
            page.locator(f"#dialog [name=gender][value={value}] + span").click()
        else:
            field.fill(value)


def register_twice(desk: Station) -> str:
    """Registers somebody, and again under a name that sounds alike; gives the address of the second record."""
    for name, born, reason in (("夏侯芷静", "1988-07-12", ""), ("夏侯芷婧", "1988-12-07", "本人称首次就诊")):
        desk.go("/patients")
        desk.page.keyboard.press("F2")
        fill(desk.page, name=name, gender="female", birth_date=born, phone="13912345678", address=HOME)
        desk.page.keyboard.press("Control+Enter")
        if reason:
            expect(desk.page.locator("#dialog .alerts")).to_contain_text("姓名读音相同")
            expect(desk.page.locator("#dialog a[href*='Patient']")).to_have_count(1)
            assert desk.accessibility() == []
            desk.page.fill("#dialog [name=reason]", reason)
            desk.page.keyboard.press("Control+Enter")
        expect(desk.page.locator("#banner h1")).to_have_text(name)
    return desk.page.url


def add_card_and_photo(desk: Station, picture: Path) -> None:
    """Adds a card by which the open patient is found, and a photo."""
    desk.page.keyboard.press("Alt+k")
    desk.page.select_option("#dialog [name=kind]", "insurance-card")
    desk.page.fill("#dialog [name=number]", "YB0042X")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator("#numbers")).to_contain_text("YB0042X")
    desk.page.keyboard.press("Alt+2")
    desk.page.set_input_files("#photo-file", picture)
    expect(desk.page.locator("img.photo.large")).to_be_visible()
    desk.page.get_by_role("button", name="保存照片").click()
    expect(desk.page.locator("#banner img.photo")).to_be_visible()
    expect(desk.page.locator("#banner img.photo")).to_have_js_property("naturalWidth", 240)
    assert desk.accessibility() == []
    desk.go("/patients")
    expect(desk.page.locator("[type=search]")).to_be_focused()
    desk.page.keyboard.type("yb0042x")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#found-list li")).to_have_count(1)


def decide(office: Station, state: str, key: str, reason: str) -> None:
    """Decides about the pair by one key, and sees it leave the list."""
    office.go(f"/duplicates?state={state}")
    office.page.locator("#pairs a", has_text="夏侯芷婧").click()
    expect(office.page.locator("#compared tr.near").first).to_be_visible()
    assert office.accessibility() == []
    office.page.keyboard.press(key)
    office.page.fill("#dialog [name=reason]", reason)
    office.page.keyboard.press("Control+Enter")
    expect(office.page.locator("#pairs")).not_to_contain_text("夏侯芷婧")


def test_a_second_record_is_noticed_merged_and_taken_apart(station: Open, picture: Path, pictures: Path) -> None:
    desk, office = station("registrar"), station("records")
    second = register_twice(desk)
    add_card_and_photo(desk, picture)
    desk.page.goto(second)
    desk.picture(pictures, "patients-1366x768")
    office.go("/duplicates")
    office.picture(pictures, "duplicates-1366x768")
    decide(office, "OPEN", "1", "核对身份证为同一人")
    office.page.goto(second)
    expect(office.page.locator("#banner h1")).to_have_text("夏侯芷静")
    office.page.keyboard.press("Alt+4")
    expect(office.page.locator("#changes")).to_contain_text("核对身份证为同一人")
    assert office.accessibility() == []
    decide(office, "SAME", "u", "其实是两人")
    office.page.goto(second)
    expect(office.page.locator("#banner h1")).to_have_text("夏侯芷婧")
    for window in (desk, office):
        window.no_faults()
