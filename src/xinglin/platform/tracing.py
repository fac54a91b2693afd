"""Traces: what took how long within a request, a command, an event, a job, a delivery, over all processes.

Off unless `XINGLIN_OTLP_ENDPOINT` names a collector, and then needs the extra `xinglin[otel]`. While off, a span is a
context manager that does nothing, and no library is loaded.

**Nothing of patients.** Names and attributes are the house's own words: kinds of work, names of commands and resource
types, statuses. No address, id, argument or text of an error is among them; callers give nothing else.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

from xinglin.platform.settings import Settings, SettingsError

Kind = Literal["server", "client", "internal", "producer", "consumer"]
TRACEPARENT = "traceparent"
"""The header by which a trace goes on elsewhere (W3C Trace Context), and the name under which we keep it."""


class Span(Protocol):
    """A part of a trace that is open."""

    def note(self, name: str, value: str | int) -> None:
        """Adds an attribute."""

    def failed(self, kind: str) -> None:
        """Notes that what it is about failed, and by which kind of error."""


class Traces(Protocol):
    """Where spans go."""

    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, str | int]
    ) -> AbstractContextManager[Span]:
        """Opens a span below `parent`, else below the one that is open here."""

    def current(self) -> str | None:
        """The trace and span that are open here, as `traceparent` has them."""

    def close(self) -> None:
        """Sends what has not been sent."""


class _Nothing:
    def note(self, name: str, value: str | int) -> None:
        pass

    def failed(self, kind: str) -> None:
        pass


_traces: Traces | None = None
_off: AbstractContextManager[Span] = nullcontext(_Nothing())


def span(
    name: str, *, kind: Kind = "internal", parent: str | None = None, **attributes: str | int
) -> AbstractContextManager[Span]:
    """A span of the block. `parent` is a `traceparent` from elsewhere; what is no such is left out of account."""
    return _off if _traces is None else _traces.span(name, kind, parent, attributes)


def current() -> str | None:
    """What goes along with work that is done elsewhere or later: a `traceparent`; None while off, or in no span."""
    return None if _traces is None else _traces.current()


def configure(settings: Settings, service: str) -> None:
    """Turns traces on for this process where the settings name a collector; `service` is what it is called there.

    Raises `SettingsError` where the extra is not installed.
    """
    if settings.otlp_endpoint is None:
        return
    try:
        from xinglin.platform.otel import Exported
    except ImportError:
        raise SettingsError("XINGLIN_OTLP_ENDPOINT is set, which needs the extra xinglin[otel]") from None
    use(Exported(settings.otlp_endpoint, service, settings.trace_share))


def use(traces: Traces | None) -> None:
    """Turns traces on or off for this process, and sends what the former ones had not sent."""
    global _traces
    former, _traces = _traces, traces
    if former is not None:
        former.close()
