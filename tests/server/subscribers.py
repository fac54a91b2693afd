"""Those who subscribe: FHIR as the integrator, and what is asked for."""

from typing import Any

import httpx

from tests.hospital import Hospital
from tests.receiver import Receiver
from xinglin.platform.identity import Account, create_account

JSON = "application/fhir+json"


def subscription(there: Receiver, criteria: str, **channel: Any) -> dict[str, Any]:
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "test",
        "criteria": criteria,
        "channel": {"type": "rest-hook", "endpoint": f"{there.url}/hook", "payload": JSON, **channel},
    }


def patient(family: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"family": family}], **more}


class Api:
    """FHIR as the integrator."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    async def __call__(self, method: str, path: str, body: Any = None, status: int | None = None, **more: Any) -> Any:
        headers = self._headers | more
        answer = await self._client.request(method, f"/fhir/{path}", json=body, headers=headers)
        assert answer.status_code == status if status else answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


def one_url(resource: dict[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


async def service(hospital: Hospital, login: str) -> Account:
    """An account of a service that may write everything by FHIR."""
    async with hospital.application.database.transaction() as connection:
        return await create_account(
            connection,
            login=login,
            name=login,
            password=None,
            kind="service",
            roles=("integrator",),
            locale="en",
            now=hospital.clock(),
        )
