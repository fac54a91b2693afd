"""What we ask the payment gateway by HTTP.

Every request is JSON, signed with the shared secret, and so is every answer. Whatever is no answer that tells something
(a timeout, a status of 500, a wrong signature) is `NoAnswerError`: the payment may have happened all the same.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from uuid_utils.compat import uuid7

from xinglin.capabilities.billing.gateway import Answer, NoAnswerError
from xinglin.fhir import json
from xinglin.platform.settings import Settings, SettingsError
from xinglin.platform.signed_http import BadSignature, signed, verify

STATES = frozenset({"pending", "succeeded", "failed", "closed", "missing"})
MISSING = 404


class HttpGateway:
    """A payment gateway behind an address."""

    def __init__(self, client: httpx.AsyncClient, url: str, secret: str) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._secret = secret

    async def pay(self, number: str, amount: str, code: str) -> Answer:
        """Takes an amount by the code on the patient's telephone."""
        return await self._ask("/payments", {"number": number, "amount": amount, "currency": "CNY", "code": code})

    async def query(self, number: str) -> Answer:
        """Tells how a payment stands."""
        return await self._ask("/payments/query", {"number": number})

    async def close(self, number: str) -> Answer:
        """Gives up a payment that has no end yet."""
        return await self._ask("/payments/close", {"number": number})

    async def refund(self, number: str, payment: str, amount: str) -> Answer:
        """Gives a part of a payment back."""
        return await self._ask("/refunds", {"number": number, "payment": payment, "amount": amount, "currency": "CNY"})

    async def _ask(self, path: str, values: dict[str, Any]) -> Answer:
        body = json.dumps(values)
        headers = {"Content-Type": "application/json", **signed(self._secret, str(uuid7()), body, datetime.now(UTC))}
        try:
            answer = await self._client.post(f"{self._url}{path}", content=body, headers=headers)
        except httpx.HTTPError as error:
            raise NoAnswerError(f"no answer: {type(error).__name__}") from error
        if answer.status_code == MISSING:
            return Answer("missing")
        if not answer.is_success:
            raise NoAnswerError(f"the gateway answered {answer.status_code}")
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Answer:
        try:
            verify(self._secret, answer.headers, answer.content, datetime.now(UTC))
            told = json.loads(answer.content)
            status = told["status"]
        except (BadSignature, ValueError, KeyError, TypeError) as error:
            raise NoAnswerError("the answer can't be believed") from error
        if status not in STATES:
            raise NoAnswerError("the answer tells no state that is known")
        details = {name: str(told[name]) for name in ("amount", "transaction", "reason") if told.get(name) is not None}
        return Answer(status, **details)


@asynccontextmanager
async def gateway_of(settings: Settings) -> AsyncIterator[HttpGateway | None]:
    """The gateway that the settings name, or None. Raises `SettingsError` where the secret is missing."""
    if settings.payment_url is None:
        yield None
        return
    if settings.payment_secret is None:
        raise SettingsError("XINGLIN_PAYMENT_SECRET is needed with XINGLIN_PAYMENT_URL")
    async with httpx.AsyncClient(timeout=settings.payment_seconds, trust_env=False) as client:
        yield HttpGateway(client, settings.payment_url, settings.payment_secret)
