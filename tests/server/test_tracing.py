"""Traces at a real collector over OTLP: what belongs together hangs together, and nothing of a patient is in it."""

import asyncio
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.hospital import Hospital
from tests.receiver import receiver
from tests.server.conftest import FRONTEND, token
from xinglin.platform import jobs, tracing
from xinglin.platform.settings import Settings, SettingsError
from xinglin.server.app import create_app, create_application
from xinglin.server.sending import sending

NAME, PHONE, NUMBER = "公孙无迹", "13987650001", "110101199003078515"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"


class Collector:
    """Takes what is exported."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Taking)
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1/traces"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def spans(self) -> dict[str, Any]:
        """The spans by name; of those with the same one the last."""
        found = {}
        for body in self.bodies:
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in group.scope_spans:
                    found |= {span.name: span for span in scope.spans}
        return found


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@pytest.fixture
def collector() -> Any:
    made = Collector()
    yield made
    tracing.use(None)
    made.close()


@pytest.fixture
def settings(hospital: Hospital, tmp_path: Path, collector: Collector) -> Settings:
    return Settings(
        database_url=hospital.application.database.conninfo,
        frontend=FRONTEND,
        home=tmp_path,
        password_days=0,
        otlp_endpoint=collector.endpoint,
        delivery_networks="127.0.0.0/8",
    )


@pytest.fixture
async def traced(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings, create_application(settings, "tests"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hospital") as opened,
    ):
        yield opened


async def drive(client: httpx.AsyncClient) -> str:
    """What a day brings, with a patient's name, numbers and id wherever they may be; gives the id."""
    registrar = {**await token(client, "registrar"), "traceparent": CALLER}
    person = {"name": NAME, "identity_number": NUMBER, "phone": PHONE, "reason": "test"}
    made = await client.post("/api/commands/patients.register", json=person, headers=registrar)
    assert made.status_code == 200, made.text
    id = str(made.json()["resource"]["id"])
    refused = {"patient": f"Patient/{id}", "allergen": "penicillin"}
    assert (await client.post("/api/commands/patients.record_allergy", json=refused, headers=registrar)).is_error
    await client.get("/api/views/patients.find", params={"text": NAME}, headers=registrar)
    await client.get(f"/registration?patient=Patient/{id}&text={NAME}")
    await client.get(f"/{NAME}/{id}")
    integrator = await token(client, "integrator")
    searches = (f"Patient?name={NAME}&phone={PHONE}", f"Patient/{NUMBER}")
    for path in (f"Patient/{id}", f"Patient/{id}/$everything", *searches):
        await client.get(f"/fhir/{path}", headers=integrator)
    begun = await client.get("/fhir/$export?_type=Patient", headers={**integrator, "Prefer": "respond-async"})
    assert begun.status_code == 202
    return id


async def test_what_belongs_together_hangs_together_without_anything_of_a_patient(
    traced: httpx.AsyncClient, hospital: Hospital, collector: Collector
) -> None:
    id = await drive(traced)
    stop = asyncio.Event()
    # Nothing is provided for the export, so that its job fails: that is traced, too.
    worker = asyncio.create_task(jobs.run(hospital.application.database.conninfo, stop))
    await hospital.deliver()
    async with asyncio.timeout(20):
        while "job fhir.export" not in collector.spans():
            await asyncio.sleep(0.1)
            await asyncio.to_thread(tracing._traces._provider.force_flush)  # type: ignore[union-attr]
    stop.set()
    await worker
    await asyncio.to_thread(tracing.use, None)
    spans = collector.spans()
    request, command = spans["POST /api/commands/patients.register"], spans["command patients.register"]
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, "00f067aa0ba902b7")
    assert (command.trace_id, command.parent_span_id) == (request.trace_id, request.span_id)
    assert attributes(request)["http.response.status_code"] == 200
    refused = spans["command patients.record_allergy"]
    assert attributes(refused)["error.type"] == "NotPermitted"
    export, job = spans["GET /fhir/$export"], spans["job fhir.export"]
    assert (job.trace_id, job.parent_span_id) == (export.trace_id, export.span_id)
    # The house of a test before, if there was one, is closed by now.
    assert attributes(job)["error.type"] in ("LookupError", "PoolClosed")
    assert {"GET /fhir/Patient/{}", "GET /fhir/Patient/{}/$everything", "GET /{}/{}"} <= spans.keys()
    everything = b"".join(collector.bodies)
    for secret in (NAME, PHONE, NUMBER, id):
        assert secret.encode() not in everything, secret


async def test_a_delivery_carries_its_trace_on(
    traced: httpx.AsyncClient, hospital: Hospital, settings: Settings, collector: Collector
) -> None:
    headers = await token(traced, "integrator")
    async with receiver() as there, sending(hospital.application, settings) as (sender, _):
        channel = {"type": "rest-hook", "endpoint": there.url, "payload": "application/fhir+json"}
        wanted = {"status": "requested", "reason": "x", "criteria": "Patient?gender=male", "channel": channel}
        subscription = {"resourceType": "Subscription", **wanted}
        assert (await traced.post("/fhir/Subscription", json=subscription, headers=headers)).is_success
        await sender.once()
        person = {"resourceType": "Patient", "gender": "male", "name": [{"text": NAME}]}
        assert (await traced.post("/fhir/Patient", json=person, headers=headers)).is_success
        await sender.once()
        await there.until(1)
        sent = there.received[0].headers["traceparent"].split("-")
    await asyncio.to_thread(tracing.use, None)
    span = collector.spans()["delivery subscription"]
    assert sent[1:3] == [span.trace_id.hex(), span.span_id.hex()]
    assert NAME.encode() not in b"".join(collector.bodies)


async def test_an_event_goes_on_in_the_trace_of_its_command(
    traced: httpx.AsyncClient, hospital: Hospital, collector: Collector
) -> None:
    visit, number = await hospital.signed_prescription(await hospital.patient("无名"))
    await hospital.do("pharmacist", "pharmacy.review", prescription=number)
    await hospital.pay(visit)
    await hospital.deliver()
    await asyncio.to_thread(tracing.use, None)
    spans = collector.spans()
    commands = {span.span_id: span.name for span in spans.values() if span.name.startswith("command ")}
    events = [span for name, span in spans.items() if name.startswith("event ")]
    assert events
    assert all(span.parent_span_id for span in events)
    assert [span for span in events if span.parent_span_id in commands]


def test_off_is_off(hospital: Hospital) -> None:
    assert tracing.current() is None
    first, second = tracing.span("one"), tracing.span("two")
    assert first is second
    with first as span:
        span.note("a", 1)
        span.failed("b")


@pytest.mark.parametrize("endpoint", ["collector:4318", "ftp://x", "http://a b"])
def test_an_endpoint_is_an_address(endpoint: str) -> None:
    with pytest.raises(ValueError, match="otlp_endpoint"):
        Settings(otlp_endpoint=endpoint)


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setitem(__import__("sys").modules, "xinglin.platform.otel", None)
    with pytest.raises(SettingsError, match=r"xinglin\[otel\]"):
        tracing.configure(settings, "x")
