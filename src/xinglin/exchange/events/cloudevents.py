"""Events as others read them: CloudEvents 1.0 in JSON (https://cloudevents.io), structured mode.

`type` is the event's name, `subject` the resource that it is about, `partitionkey` (an extension that CloudEvents
documents) the resource within which events come in order, `data` references. Nobody is named: whoever may know more
reads it by FHIR.
"""

from datetime import datetime
from typing import Any

from xinglin.fhir import json
from xinglin.platform.deliveries import Delivery
from xinglin.platform.outbox import Published

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def payload_of(published: Published) -> dict[str, Any]:
    """What is kept of an event in a delivery."""
    return {"id": str(published.id), "type": published.event, **published.payload}


def cloud_event(delivery: Delivery, source: str) -> dict[str, Any]:
    """A delivery as a CloudEvent of `source`, a URI that tells this hospital from others."""
    payload = delivery.payload
    return {
        "specversion": "1.0",
        "id": payload["id"],
        "source": source,
        "type": payload["type"],
        "subject": payload["subject"],
        "time": _instant(delivery.at),
        "datacontenttype": "application/json",
        "partitionkey": delivery.key,
        "data": payload["data"],
    }


def encoded(event: dict[str, Any]) -> bytes:
    """A CloudEvent as the bytes that are sent."""
    return json.dumps(event)


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
