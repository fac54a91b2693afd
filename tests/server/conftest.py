"""The whole server over a furnished hospital, called through its ASGI interface."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.hospital import SECRET_KEY, Hospital
from tests.receiver import Receiver, receiver
from tests.server.subscribers import Api
from xinglin.kernel.application import Application
from xinglin.operations.hospital import PASSWORD
from xinglin.platform.deliveries import Deliverer
from xinglin.platform.settings import Settings
from xinglin.server.app import create_app, create_application
from xinglin.server.sending import sending

FRONTEND = Path(__file__).resolve().parents[2] / "node_modules"


@pytest.fixture(scope="module")
def settings(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The server's settings."""
    home = tmp_path_factory.mktemp("home")
    conninfo = hospital.application.database.conninfo
    return Settings(database_url=conninfo, frontend=FRONTEND, home=home, password_days=0, secret_key=SECRET_KEY)


@pytest.fixture(scope="module")
def application(settings: Settings) -> Application:
    """What the server serves, with its journal."""
    return create_application(settings, "tests", journal=True)


@pytest.fixture(scope="module")
async def client(settings: Settings, application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server, not signed in."""
    app = create_app(settings, application)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hospital") as opened,
    ):
        yield opened


async def token(client: httpx.AsyncClient, login: str) -> dict[str, str]:
    """The header of somebody who has signed in at the command interface."""
    answer = await client.post("/api/session", json={"login": login, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['token']}"}


@pytest.fixture(scope="module")
async def integrator(client: httpx.AsyncClient) -> dict[str, str]:
    return await token(client, "integrator")


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@pytest.fixture
async def sender(hospital: Hospital, settings: Settings) -> AsyncIterator[Deliverer]:
    limits = settings.model_copy(update={"delivery_networks": "127.0.0.0/8", "delivery_seconds": 2.0})
    async with sending(hospital.application, limits) as (made, _handlers):
        yield made


@pytest.fixture
async def api(client: httpx.AsyncClient, integrator: dict[str, str]) -> AsyncIterator[Api]:
    made = Api(client, integrator)
    yield made
    for each in (await made("GET", "Subscription?_count=100")).get("entry", ()):
        await made("DELETE", f"Subscription/{each['resource']['id']}")
