"""Money by clicks: a payment that answers late, and a refund in part that somebody else approves."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.browser.hospital import Station
from xinglin.operations.hospital import PASSWORD


class Api:
    """Commands and views over HTTP, to have something to pay without walking a visit by clicks."""

    def __init__(self, client: httpx.Client, login: str) -> None:
        self.client = client
        session = self.client.post("/session", json={"login": login, "password": PASSWORD}).json()
        self.client.headers["Authorization"] = f"Bearer {session['token']}"

    def do(self, command: str, **values: Any) -> Any:
        answer = self.client.post(f"/commands/{command}", json=values)
        assert answer.is_success, answer.text
        return answer.json()["resource"]

    def rows(self, view: str, **values: Any) -> Any:
        return self.client.get(f"/views/{view}", params=values).json()["rows"]


def owing(base: str, name: str) -> None:
    """A patient in the queue who owes 750 and 25."""
    with ExitStack() as clients:
        people = [
            Api(clients.enter_context(httpx.Client(base_url=f"{base}/api", timeout=20)), login)
            for login in ("registrar", "cashier", "doctor2")
        ]
        owe(*people, name=name)


def owe(desk: Api, cashier: Api, doctor: Api, *, name: str) -> None:
    """Registers, books and charges."""
    about = {"name": name, "gender": "female", "birth_date": "1975-03-03", "reason": "测试"}
    patient = f"Patient/{desk.do('patients.register', **about)['id']}"
    slot = desk.rows("scheduling.free_slots", clinic="Schedule/general")[-1]["key"]
    booked = desk.do("scheduling.book", patient=patient, slot=slot)
    desk.do("scheduling.check_in", appointment=f"Appointment/{booked['id']}")
    visit = next(row["visit"] for row in doctor.rows("outpatient.queue") if row["patient"] == patient)
    for quantity in (30, 1):
        values = {"visit": visit, "item": "consultation", "quantity": quantity, "service": f"Basic/{quantity}"}
        cashier.do("billing.charge", **values)


def test_a_late_payment_and_a_refund_that_is_approved(station: Callable[..., Station]) -> None:
    cashier, accountant = station("cashier"), station("accountant")
    owing(cashier.hospital.base, "钱多多")
    page = cashier.page
    cashier.go("/cashier")
    page.locator("#bills a", has_text="钱多多").click()
    expect(page.locator("#payment [data-sum]").first).to_contain_text("775.00")
    page.get_by_label("付款码").fill("281234567802")
    page.keyboard.press("Enter")
    expect(page.locator("#payment")).to_contain_text("支付中")
    expect(page.locator("#bill")).to_contain_text("费用已结清", timeout=20_000)
    page.locator("#invoices a", has_text="钱多多").click()

    page.locator("#refund-form input[type=checkbox]").last.uncheck()
    page.locator("#refund-form [name=reason]").fill("检查取消")
    page.keyboard.press("Alt+b")
    expect(page.locator("#payment")).to_contain_text("正在审批")
    accountant.go("/refunds")
    assert accountant.accessibility() == []
    row = accountant.page.locator("#requests tr", has_text="钱多多")
    expect(row).to_contain_text("750.00")
    row.get_by_role("button", name="批准").click()
    expect(row).to_contain_text("已批准")
    page.reload()
    page.keyboard.press("Control+Enter")
    page.locator("#confirm [data-yes]").click()
    expect(page).to_have_url(re.compile("/cashier\\?invoice="))
    expect(page.locator("#slip")).to_contain_text("−¥ 750.00")
    cashier.go("/refunds")
    expect(page.locator("#list")).to_contain_text("没有在途的退款", timeout=30_000)

    cashier.go("/shifts")
    expect(page.locator("#detail")).to_contain_text("25.00")
    assert cashier.accessibility() == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("#dialog [data-counted]")).to_contain_text("0.00")
    cashier.no_faults()
    accountant.no_faults()
