"""FHIR REST on record: who asked for what, and whose data the answer shows, found in the answer itself."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xinglin.exchange.fhir.operations.registry import ALSO_SHOWN
from xinglin.fhir.types import Resource
from xinglin.kernel.context import patient_of, reference
from xinglin.platform import audit
from xinglin.platform.audit import Entry, Recorder
from xinglin.platform.identity import Actor

RESOURCES = 100
"""Resources that were written of one entry at most; patients are named all."""
_REFERENCE = re.compile(rb"Patient/[A-Za-z0-9.-]{1,64}")
_IN_JSON = re.compile(rb'"resourceType":\s*"Patient",\s*"id":\s*"([A-Za-z0-9.-]{1,64})"')
_IN_XML = re.compile(rb'<Patient[^>]*>\s*<id value="([A-Za-z0-9.-]{1,64})"')
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def begin(request: Request, actor: Actor, action: str, now: datetime) -> Entry:
    """The entry of a request, which is kept with it until the answer is known."""
    type, _slash, rest = request.url.path.removeprefix("/fhir/")[:200].partition("/")
    id, _slash, below = rest.partition("/")
    named = _ID.fullmatch(id) is not None
    key = f"key {actor.scopes.key}" if actor.scopes else ""
    entry = Entry(
        actor,
        action,
        f"fhir.{request.method.lower()}",
        (f"{type}/{id}" if named else type,) if type else (),
        "success",
        now,
        request.client.host if request.client else None,
        " ".join(filter(None, (key, below if named else rest))) or None,
    )
    request.state.audit_entry = entry
    return entry


def written(entry: Entry, resources: Sequence[Resource]) -> list[Entry]:
    """The entries of a write: the resources and their patients."""
    names = [reference(resource) for resource in resources[:RESOURCES]]
    about = entry.entities if "/" in "".join(entry.entities) or not names else ()
    whole = replace(entry, entities=tuple(dict.fromkeys((*about, *names))))
    return audit.disclosing(whole, _patients(resources))


def committed(request: Request, resources: Sequence[Resource]) -> None:
    """Notes that the write of a request is on record, with the patients of these resources."""
    request.state.audit_entry = replace(request.state.audit_entry, action="read")
    request.state.audit_known = _patients(resources)


def _patients(resources: Iterable[Resource]) -> set[str]:
    return {patient for resource in resources if (patient := patient_of(resource)) is not None}


def patients_shown(body: bytes, *, resources: bool) -> set[str]:
    """The patients to whom a text in JSON or XML refers; those on other servers count as well. With `resources`, also
    those who stand in it without their address, as in the answer to a bundle."""
    found = {name.decode() for name in _REFERENCE.findall(body)}
    if resources:
        found |= {f"Patient/{id.decode()}" for form in (_IN_JSON, _IN_XML) for id in form.findall(body)}
    return found


class OnRecord:
    """ASGI middleware around FHIR REST: what an answer shows is on record before its first byte goes out.

    What a write shows beyond what it wrote, such as the reads of a batch, is a read of its own.
    """

    def __init__(self, app: ASGIApp, recorder: Recorder) -> None:
        self.app = app
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        held: list[Message] = []

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            if held:
                start = held.pop()
                await self._record(scope["method"], state, start["status"], message.get("body", b""))
                await send(start)
            await send(message)

        await self.app(scope, receive, sending)

    async def _record(self, method: str, state: dict[str, Any], status: int, body: bytes) -> None:
        entry = state.get("audit_entry")
        if not isinstance(entry, Entry):
            return
        known = state.get("audit_known")
        if status >= 400:
            outcome: audit.Outcome = "failed" if status >= 500 else "refused"
            detail = f"{entry.detail} {status}" if entry.detail else str(status)
            await self._recorder.record(replace(entry, outcome=outcome, detail=detail))
            return
        patients = patients_shown(body, resources=method == "POST") | set(state.get(ALSO_SHOWN, ()))
        if isinstance(known, set):
            patients -= known
            if not patients:
                return
        for each in audit.disclosing(entry, patients):
            await self._recorder.record(each)
