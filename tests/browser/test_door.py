"""Signing in and out, and what the door keeps out."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.hospital import Hospital, Station
from tests.browser.newcomers import GIVEN, new_account
from xinglin.operations.hospital import PASSWORD

Open = Callable[..., Station]


@pytest.fixture
def stranger(hospital: Hospital) -> Iterator[httpx.Client]:
    """A client without a browser's manners."""
    with httpx.Client(base_url=hospital.base, timeout=20) as client:
        yield client


def field(text: str, name: str) -> str:
    """The value of a hidden field in a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None, name
    return found.group(1)


def sign_in(client: httpx.Client, login: str = "registrar", **extra: str) -> httpx.Response:
    """Signs in as the form does."""
    token = field(client.get("/signin").text, "_csrf")
    return client.post("/signin", data={"login": login, "password": PASSWORD, "_csrf": token, **extra})


def test_a_person_signs_in_and_out(station: Open) -> None:
    registrar = station("registrar")
    expect(registrar.page).to_have_url(f"{registrar.hospital.base}/registration")
    registrar.page.click("button.me")
    registrar.page.click("#menu form[action='/signout'] button")
    expect(registrar.page).to_have_url(f"{registrar.hospital.base}/signin")
    registrar.go("/registration")
    expect(registrar.page.locator("[name=password]")).to_be_visible()


def test_a_doctor_goes_on_in_another_post_by_keys_and_stays_signed_in(station: Open, hospital: Hospital) -> None:
    doctor = station("doctor")
    session = doctor.page.context.cookies()
    doctor.page.keyboard.press("Alt+m")
    posts = doctor.page.locator("#menu .post")
    expect(posts).to_have_count(2)
    expect(posts.first).to_have_attribute("aria-pressed", "true")
    assert doctor.accessibility() == []
    doctor.page.keyboard.press("Tab")
    doctor.page.keyboard.press("ArrowDown")
    with doctor.page.expect_navigation(url="**/doctor"):
        doctor.page.keyboard.press("Enter")
    doctor.page.keyboard.press("Alt+m")
    expect(posts.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(doctor.page.locator("#menu small").first).to_contain_text("东院区")
    assert [one for one in doctor.page.context.cookies() if one["name"] == "xinglin_session"] == [
        one for one in session if one["name"] == "xinglin_session"
    ]
    with doctor.page.expect_navigation(url="**/doctor"):
        posts.first.click()


def test_who_has_no_workstation_is_told_and_can_leave(hospital: Hospital, stranger: httpx.Client) -> None:
    sign_in(stranger, new_account(hospital, must_change=False, roles=("head",)), password=GIVEN)
    page = stranger.get("/")
    assert page.status_code == 403
    assert "请联系管理员分配岗位" in page.text
    assert 'hx-get="/posts"' in page.text
    left = stranger.post("/signout", data={"_csrf": field(page.text, "_csrf")})
    assert left.headers["location"] == "/signin"
    assert stranger.get("/").headers["location"].startswith("/signin")


def test_a_session_that_was_signed_out_is_worth_nothing(stranger: httpx.Client) -> None:
    sign_in(stranger)
    kept = stranger.cookies["xinglin_session"]
    token = field(stranger.get("/registration").text, "_csrf")
    stranger.post("/signout", data={"_csrf": token})
    stranger.cookies.set("xinglin_session", kept, domain="127.0.0.1")
    assert stranger.get("/registration").status_code == 303


def test_signing_in_gives_a_new_session_and_ends_the_old_one(stranger: httpx.Client) -> None:
    sign_in(stranger)
    first = stranger.cookies["xinglin_session"]
    # Planted before sign-in: the same browser comes to the door again with a session of its own.
    token = field(stranger.get("/registration").text, "_csrf")
    stranger.post("/signin", data={"login": "cashier", "password": PASSWORD, "_csrf": token})
    assert stranger.cookies["xinglin_session"] != first
    stranger.cookies.set("xinglin_session", first, domain="127.0.0.1")
    assert stranger.get("/registration").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: httpx.Client) -> None:
    cookie = next(
        value for name, value in sign_in(stranger).headers.multi_items() if value.startswith("xinglin_session=")
    )
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


def test_a_wrong_password_is_refused_and_slows_down(stranger: httpx.Client) -> None:
    statuses = []
    for _attempt in range(5):
        token = field(stranger.get("/signin").text, "_csrf")
        data = {"login": "nobody-here", "password": "wrong", "_csrf": token}
        statuses.append(stranger.post("/signin", data=data).status_code)
    assert statuses[0] == 401
    assert statuses[-1] == 429


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "x"])
def test_signing_in_leads_nowhere_else(stranger: httpx.Client, target: str) -> None:
    assert sign_in(stranger, next=target).headers["location"] == "/"


def test_signing_in_leads_back_to_where_one_was_going(station: Open, hospital: Hospital) -> None:
    clerk = station()
    clerk.login = "registrar"
    clerk.go("/registration?text=chen")
    clerk.page.fill("[name=login]", "registrar")
    clerk.page.fill("[name=password]", PASSWORD)
    clerk.page.keyboard.press("Enter")
    expect(clerk.page).to_have_url(f"{hospital.base}/registration?text=chen")


@pytest.mark.parametrize(
    "forgery",
    [
        {"data": {}},
        {"data": {"_csrf": "x" * 43}},
        {"headers": {"X-CSRF-Token": ""}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Origin": "https://elsewhere.example"}},
    ],
    ids=["no token", "wrong token", "blank token", "cross-site", "other origin"],
)
def test_a_forged_request_changes_nothing(stranger: httpx.Client, forgery: dict[str, dict[str, str]]) -> None:
    sign_in(stranger)
    good = field(stranger.get("/registration").text, "_csrf")
    name = f"伪造{abs(hash(str(forgery)))}"
    data = {"name": name, "gender": "male", "birth_date": "1970-01-01", **forgery.get("data", {})}
    if "headers" in forgery and "X-CSRF-Token" not in forgery["headers"]:
        data["_csrf"] = good
    answer = stranger.post("/do/patients.register", data=data, headers=forgery.get("headers", {}))
    assert answer.status_code == 403
    assert name not in stranger.get("/registration").text


def test_the_same_request_with_its_token_is_carried_out(stranger: httpx.Client) -> None:
    sign_in(stranger)
    token = field(stranger.get("/registration").text, "_csrf")
    data = {"name": "真实", "gender": "male", "birth_date": "1970-01-01", "_csrf": token}
    assert stranger.post("/do/patients.register", data=data).status_code == 303
    assert "真实" in stranger.get("/registration").text


def test_a_form_that_is_sent_twice_is_carried_out_once(stranger: httpx.Client) -> None:
    sign_in(stranger)
    token = field(stranger.get("/registration").text, "_csrf")
    form = stranger.get("/form/patients.register", headers={"HX-Request": "true"}).text
    data = {"name": "双击", "gender": "male", "birth_date": "1971-01-01", "_csrf": token, "_key": field(form, "_key")}
    assert [stranger.post("/do/patients.register", data=data).status_code for _click in range(2)] == [303, 303]
    assert stranger.get("/registration?text=双击").text.count(">双击</a>") == 1


def test_a_form_has_a_size(stranger: httpx.Client) -> None:
    sign_in(stranger)
    token = field(stranger.get("/registration").text, "_csrf")
    answer = stranger.post("/do/patients.register", data={"name": "x" * 1_000_001, "_csrf": token})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [("/registration?day=never", 400), ("/registration?patient=Patient/none", 404), ("/list/nothing", 404)],
)
def test_a_wrong_address_says_what_is_wrong(stranger: httpx.Client, path: str, status: int) -> None:
    sign_in(stranger)
    answer = stranger.get(path)
    assert answer.status_code == status
    assert "系统出错" not in answer.text


@pytest.mark.parametrize("path", ["/", "/registration", "/list/patients.find", "/list/patients.find.csv", "/badges"])
def test_a_stranger_sees_only_the_door(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin")


def test_pages_may_load_nothing_from_elsewhere_and_are_not_kept(stranger: httpx.Client) -> None:
    answer = stranger.get("/signin")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["%2e%2e/%2e%2e/pyproject.toml", "vendor/%2e%2e/package.json", "%2e%2e/app.py", "nothing.css"]
)
def test_only_listed_files_are_served(stranger: httpx.Client, path: str) -> None:
    assert stranger.get(f"/static/{path}").status_code == 404


EMERGENCY = {"doctor", "pharmacist"}
"""Who has the page for emergency access besides."""
STATIONS = {"registrar": "/registration", "doctor": "/doctor", "cashier": "/cashier", "pharmacist": "/pharmacy"}


@pytest.mark.parametrize("login", STATIONS)
def test_a_role_sees_only_its_station(station: Open, login: str) -> None:
    person = station(login)
    links = person.page.locator("nav.rail a")
    expect(links.first).to_have_attribute("href", STATIONS[login])
    shown = {str(each.get_attribute("href")) for each in links.all()}
    assert shown & {*STATIONS.values(), "/audit", "/administration"} == {STATIONS[login]}
    assert ("/emergency-access" in shown) == (login in EMERGENCY)
    for path in STATIONS.values():
        answer = person.page.request.get(person.hospital.base + path)
        assert answer.status == (200 if path == STATIONS[login] else 403), path


def test_a_role_may_not_give_anothers_command(stranger: httpx.Client) -> None:
    sign_in(stranger, "cashier")
    token = field(stranger.get("/cashier").text, "_csrf")
    data = {"name": "越权", "gender": "male", "birth_date": "1970-01-01", "_csrf": token}
    answer = stranger.post("/do/patients.register", data=data)
    assert answer.status_code == 403
    assert stranger.get("/form/patients.register").status_code == 403


def test_both_languages(station: Open) -> None:
    english = station("registrar", locale="en")
    expect(english.page.locator("html")).to_have_attribute("lang", "en")
    expect(english.page.locator("#banner")).to_contain_text("New patient")
    english.page.click("button.me")
    english.page.get_by_role("button", name="中文").click()
    expect(english.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(english.page.locator("#banner")).to_contain_text("新患者")


def test_an_unknown_page_says_so(station: Open) -> None:
    registrar = station("registrar")
    registrar.go("/nowhere")
    expect(registrar.page.locator("h1")).to_have_text("未找到")
    registrar.page.get_by_role("link").click()
    expect(registrar.page).to_have_url(re.compile("/registration$"))
