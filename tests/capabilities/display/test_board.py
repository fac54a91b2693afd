"""The board of the waiting room: who is on it, masked, and by which key a television sees it."""

import re
from datetime import date
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital import SECRET_KEY, Hospital
from xinglin.capabilities.display.views import masked
from xinglin.platform.settings import Settings
from xinglin.server import create_app

FRONTEND = Path(__file__).resolve().parents[3] / "node_modules"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("张三", "张*"), ("张建国", "张*国"), ("欧阳晓晴", "欧**晴"), ("张", "张*"), ("", "*"), ("Mary Ann", "M*** A***")],
)
def test_names_are_masked(name: str, shown: str) -> None:
    assert masked(name) == shown


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12))
def test_no_masked_name_tells_the_whole(name: str) -> None:
    assert masked(name) != name
    assert len(set(masked(name)) - {"*"}) <= 2


async def test_the_board_calls_and_names_who_is_next(hospital: Hospital) -> None:
    visits = [await hospital.waiting_visit(await hospital.patient(name)) for name in ("张建国", "李秀英", "王芳")]
    await hospital.do("nurse", "outpatient.triage", visit=visits[2], consciousness="verbal")
    await hospital.do("doctor", "outpatient.call_in", visit=visits[0])
    (row,) = await hospital.rows("nurse", "display.board", clinic="心血管内科")
    assert (row.called, row.serving) == ("001 张*国", "")
    assert row.next == "003 王*、002 李*英"
    assert (row.room, row.waiting) == ("心血管内科诊室", 2)
    await hospital.do("doctor", "outpatient.call_in", visit=visits[0])
    (again,) = await hospital.rows("nurse", "display.board", clinic="心血管内科")
    assert again.call != row.call
    await hospital.do("doctor", "outpatient.receive", visit=visits[0])
    (seen,) = await hospital.rows("nurse", "display.board", clinic="心血管内科")
    assert (seen.called, seen.serving) == ("", "001 张*国")
    assert await hospital.rows("nurse", "display.board", clinic="呼吸内科") == []


async def device_key(hospital: Hospital, login: str, scopes: str) -> str:
    """A new key of a service, valid by the clock of the machine too."""
    rows = await hospital.rows("administrator", "administration.services")
    account = next(row.key for row in rows if row.login == login)
    told = await hospital.do(
        "administrator",
        "administration.create_key",
        account=account,
        name="二楼候诊屏",
        scopes=scopes,
        last_day=date(2028, 11, 1),
    )
    return str(told["parameter"][0]["valueString"])


async def test_a_television_comes_in_by_a_key_and_sees_the_board_alone(hospital: Hospital) -> None:
    key = await device_key(hospital, "display-1", "display.read")
    database_url = hospital.application.database.conninfo
    app = create_app(Settings(database_url=database_url, frontend=FRONTEND, secret_key=SECRET_KEY))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hospital") as client,
    ):
        assert (await client.get("/display")).headers["Location"] == "/signin?next=/display"
        assert (await enter(client, "xlk_made-up")).status_code == 401
        entered = await enter(client, key)
        assert (entered.status_code, entered.headers["Location"]) == (303, "/display")
        assert "HttpOnly" in entered.headers["Set-Cookie"]
        board = await client.get("/display")
        assert board.status_code == 200
        assert "data-live" in board.text
        for path in ("/registration", "/triage", "/doctor", "/list/patients.find", "/form/patients.register"):
            assert (await client.get(path)).status_code == 403, path
        token = re.search(r'name="_csrf" value="([^"]+)"', (await client.get("/device")).text)
        assert token is not None
        values = {"_csrf": token[1], "name": "x"}
        assert (await client.post("/do/patients.register", data=values)).status_code == 403
        bearer = {"Authorization": f"Bearer {key}"}
        assert (await client.get("/fhir/Task", headers=bearer)).status_code == 403
        assert (await client.get("/api/views/patients.find", headers=bearer)).status_code == 403


async def enter(client: httpx.AsyncClient, key: str) -> httpx.Response:
    form = re.search(r'name="_csrf" value="([^"]+)"', (await client.get("/device")).text)
    assert form is not None
    return await client.post("/device", data={"_csrf": form[1], "key": key})
