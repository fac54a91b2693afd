"""Messages between us and a partner who share a secret, signed as in Standard Webhooks 1.0: who sent them, and when."""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from xinglin.platform.webhooks import sign

FRESH = timedelta(minutes=5)
"""How old, or how far ahead of our clock, a message may be."""


class BadSignature(Exception):
    """A message is not signed by who shares the secret, or not lately."""


def signed(secret: str, id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of a message; `id` tells it from all others."""
    timestamp = int(now.timestamp())
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign([secret.encode()], id, timestamp, body),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises `BadSignature` unless a message was signed with the secret within the last minutes."""
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(int(timestamp) - now.timestamp()) > FRESH.total_seconds():
        raise BadSignature("the time of the message is missing or too far from now")
    wanted = sign([secret.encode()], id, int(timestamp), body)
    given = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(wanted, each) for each in given):
        raise BadSignature("the signature is not right")
