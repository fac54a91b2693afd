"""Utility (FHIRPath 2.0, Functions, Utility): trace and the current moment, which the caller gives."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import Collection
from xinglin.fhir.fhirpath.registry import Evaluate, function, text
from xinglin.fhir.fhirpath.temporal import Temporal


@function("trace", 1, 2, kind="lazy")
def trace(name: Evaluate, projection: Evaluate | None = None) -> Callable[..., Collection]:
    """The input as it is; what it is, or its projection, is shown to whoever listens."""

    def traced(env: Environment, items: Collection, focus: Collection) -> Collection:
        if env.trace is not None:
            shown = items if projection is None else [value for item in items for value in projection(env, [item])]
            env.trace(text(name(env, focus), "trace()") or "", shown)
        return items

    return traced


def _moment(env: Environment) -> datetime:
    if env.now is None:
        raise FhirPathError("now(), today() and timeOfDay() need the current moment, which was not given")
    return env.now


def _time(moment: datetime) -> tuple[int, int, Decimal]:
    return moment.hour, moment.minute, Decimal(f"{moment.second}.{moment.microsecond // 1000:03d}")


@function("now")
def now(env: Environment, _: Collection) -> Collection:
    """The moment of the evaluation with its offset."""
    moment = _moment(env)
    offset = moment.utcoffset()
    minutes = None if offset is None else int(offset.total_seconds() // 60)
    return [Temporal("DateTime", (moment.year, moment.month, moment.day, *_time(moment)), minutes)]


@function("today")
def today(env: Environment, _: Collection) -> Collection:
    """The day of the evaluation."""
    moment = _moment(env)
    return [Temporal("Date", (moment.year, moment.month, moment.day))]


@function("timeOfDay")
def time_of_day(env: Environment, _: Collection) -> Collection:
    """The time of the evaluation."""
    return [Temporal("Time", _time(_moment(env)))]
