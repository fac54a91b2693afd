"""Traces by OpenTelemetry, sent over OTLP/HTTP in the background. Loaded only where a collector is named."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from xinglin.platform.tracing import TRACEPARENT, Kind, Span

_KINDS = {kind.name.lower(): kind for kind in SpanKind}
_propagator = TraceContextTextMapPropagator()


class Exported:
    """Spans that go to a collector at `endpoint`; `share` of those traces that nobody began elsewhere."""

    def __init__(self, endpoint: str, service: str, share: float = 1.0) -> None:
        # The provider is not the process': libraries that trace by themselves would put addresses into spans.
        self._provider = TracerProvider(
            resource=Resource({"service.name": service, "service.version": _version()}),
            sampler=ParentBased(TraceIdRatioBased(share)),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer("xinglin")

    @contextmanager
    def _open(self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, str | int]) -> Iterator[Span]:
        context = _propagator.extract({TRACEPARENT: parent}) if parent else None
        with self._tracer.start_as_current_span(
            name,
            context,
            _KINDS[kind],
            dict(attributes),
            record_exception=False,  # its text may quote a record
            set_status_on_exception=False,
        ) as opened:
            noting = _Noting(opened)
            try:
                yield noting
            except Exception as error:
                noting.failed(type(error).__name__)
                raise

    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, str | int]
    ) -> AbstractContextManager[Span]:
        """A span of the block."""
        return self._open(name, kind, parent, attributes)

    def current(self) -> str | None:
        """The open span as `traceparent` has it."""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier.get(TRACEPARENT)

    def close(self) -> None:
        """Sends what is left, and ends the thread that sends."""
        self._provider.shutdown()


class _Noting:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, name: str, value: str | int) -> None:
        self._span.set_attribute(name, value)

    def failed(self, kind: str) -> None:
        self._span.set_status(StatusCode.ERROR)
        self._span.set_attribute("error.type", kind)


def _version() -> str:
    """The version of this software; of a checkout that nobody installed there is none."""
    try:
        return version("xinglin")
    except ImportError:
        return "unknown"
