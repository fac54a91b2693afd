"""A simulated payment provider. How a payment goes is told by the last two digits of the code that is scanned:

| code ends in | what happens |
|---|---|
| 01 | refused: the balance does not suffice |
| 02 | pending, succeeds after two seconds and calls |
| 03 | succeeds, but the answer never comes |
| 04 | pending, succeeds and calls twice |
| 05 | answers 500 and takes nothing |
| 06 | pending until it is closed |
| 07 | pending; succeeds and calls after it was closed |
| 08 | succeeds; refunds of it are refused |
| 09 | succeeds; the first answer to a refund never comes |
| others | succeeds at once |
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uuid_utils.compat import uuid7

from xinglin.fhir import json
from xinglin.platform.settings import Settings
from xinglin.platform.signed_http import BadSignature, signed, verify

logger = logging.getLogger(__name__)
Json = dict[str, Any]


@dataclass
class Taken:
    """A payment as the provider has it."""

    number: str
    amount: Decimal
    code: str
    status: str = "pending"
    transaction: str = field(default_factory=lambda: uuid7().hex)
    refunds: dict[str, Decimal] = field(default_factory=dict)

    def told(self) -> Json:
        """As an answer tells it."""
        reason = {"reason": "余额不足"} if self.status == "failed" else {}
        return {
            "number": self.number,
            "status": self.status,
            "amount": str(self.amount),
            "transaction": self.transaction,
            **reason,
        }


class Provider:
    """The provider: payments by number, each taken once. `calls` is where it calls, after `late` seconds."""

    def __init__(self, secret: str, calls: str, *, late: float = 2.0, silence: float = 60.0) -> None:
        self.payments: dict[str, Taken] = {}
        self.silenced: set[str] = set()
        self._secret = secret
        self._calls = calls
        self._late = late
        self._silence = silence
        self._coming: set[asyncio.Task[None]] = set()

    def application(self) -> Starlette:
        """What it answers by HTTP."""
        paths: dict[str, Callable[[Json], Awaitable[Json | None]]] = {
            "/payments": self._pay,
            "/payments/query": self._query,
            "/payments/close": self._close,
            "/refunds": self._refund,
        }
        return Starlette(routes=[Route(path, self._answering(work), methods=["POST"]) for path, work in paths.items()])

    def balance(self) -> Decimal:
        """What it has taken and not given back."""
        taken = (item for item in self.payments.values() if item.status == "succeeded")
        return sum((item.amount - sum(item.refunds.values()) for item in taken), Decimal(0))

    def _answering(self, work: Callable[[Json], Awaitable[Json | None]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            body = await request.body()
            try:
                verify(self._secret, request.headers, body, datetime.now(UTC))
            except BadSignature as error:
                return Response(str(error), 401)
            told = await work(json.loads(body))
            if told is None:
                return Response(status_code=404)
            if told.get("status") == "broken":
                return Response(status_code=500)
            text = json.dumps(told)
            headers = signed(self._secret, uuid7().hex, text, datetime.now(UTC))
            return Response(text, media_type="application/json", headers=headers)

        return answer

    async def _pay(self, asked: Json) -> Json:
        known = self.payments.get(asked["number"])
        if known is not None:
            return known.told()
        code = str(asked["code"])[-2:]
        if code == "05":
            return {"status": "broken"}
        taken = self.payments[asked["number"]] = Taken(asked["number"], Decimal(asked["amount"]), code)
        if code in ("02", "04"):
            self._soon(self._succeed(taken, calls=2 if code == "04" else 1))
        elif code not in ("06", "07"):
            taken.status = "failed" if code == "01" else "succeeded"
        if code == "03":
            await asyncio.sleep(self._silence)
        return taken.told()

    async def _query(self, asked: Json) -> Json | None:
        known = self.payments.get(asked["number"])
        return known.told() if known else None

    async def _close(self, asked: Json) -> Json | None:
        known = self.payments.get(asked["number"])
        if known is None:
            return None
        if known.status == "pending":
            known.status = "closed"
            if known.code == "07":
                self._soon(self._succeed(known, calls=1))
                return {**known.told(), "status": "closed"}
        return known.told()

    async def _refund(self, asked: Json) -> Json | None:
        known = self.payments.get(asked["payment"])
        if known is None:
            return None
        amount = Decimal(asked["amount"])
        number = asked["number"]
        left = known.amount - sum(known.refunds.values())
        if number not in known.refunds and (known.status != "succeeded" or amount > left or known.code == "08"):
            return {"number": number, "status": "failed", "reason": "不能退款"}
        known.refunds[number] = amount
        if known.code == "09" and number not in self.silenced:
            self.silenced.add(number)
            await asyncio.sleep(self._silence)
        return {"number": number, "status": "succeeded", "amount": str(amount)}

    def _soon(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    async def _succeed(self, taken: Taken, *, calls: int) -> None:
        await asyncio.sleep(self._late)
        taken.status = "succeeded"
        body = json.dumps(taken.told())
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            for _call in range(calls):
                headers = {"Content-Type": "application/json"}
                headers |= signed(self._secret, uuid7().hex, body, datetime.now(UTC))
                try:
                    await client.post(self._calls, content=body, headers=headers)
                except httpx.HTTPError as error:
                    logger.warning("The simulated provider could not call: %s", type(error).__name__)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serves a provider at the settings' `payment_url` until `stop` is set; it calls the server of the settings."""
    import uvicorn

    assert settings.payment_url is not None
    assert settings.payment_secret is not None
    address = urlsplit(settings.payment_url)
    provider = Provider(settings.payment_secret, f"http://127.0.0.1:{settings.port}/callbacks/payments")
    config = uvicorn.Config(
        provider.application(), host="127.0.0.1", port=address.port or 80, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await stop.wait()
    server.should_exit = True
    await serving
