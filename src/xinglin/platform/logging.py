"""Logs: readable on a console, one JSON object per line for machines. Neither carries data of patients.

What a program writes into its log is its own words, names of commands, references and counts; values of fields and
texts of exceptions from outside are kept out. As a second line of defence, what looks like an identity number, a
telephone number or a password in an address is masked.
"""

import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any

import orjson

_MASKED = (
    (re.compile(r"(?<!\d)\d{6}(?:18|19|20)\d{9}[\dXx](?!\d)"), "[identity number]"),
    (re.compile(r"(?<![\d-])1[3-9]\d{9}(?!\d)"), "[telephone]"),
    (re.compile(r"(?<=://)([^\s:/@]+):[^\s@]+@"), r"\1:[password]@"),
    (re.compile(r"(?i)(\bpassword\s*=\s*)('[^']*'|\S+)"), r"\1[password]"),
)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
QUIET = ("psycopg", "psycopg.pool", "procrastinate", "uvicorn.access", "asyncio", "httpx", "httpcore")
"""Libraries that are heard from WARNING on: their lines name arguments of jobs and addresses of pages."""


def mask(text: str) -> str:
    """A text without what looks like a secret or a person's number."""
    for pattern, replacement in _MASKED:
        text = pattern.sub(replacement, text)
    return text


def place_of(fault: BaseException) -> str:
    """Where an error happened and its kind, one line for it and for each that caused it; without their texts."""
    error: BaseException | None = fault
    lines = []
    while error is not None:
        frames, step = [], error.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            frames.append(f"{code.co_filename.rpartition('site-packages/')[2]}:{step.tb_lineno} {code.co_name}")
            step = step.tb_next
        lines.append(f"{type(error).__module__}.{type(error).__qualname__} at " + " < ".join(reversed(frames)))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


class _Formatter(logging.Formatter):
    def traceback(self, record: logging.LogRecord) -> str:
        """Where it happened and the kind of the error; its text may quote what somebody typed, so it is left out."""
        if not record.exc_info or record.exc_info[1] is None:
            return ""
        return place_of(record.exc_info[1])


class Console(_Formatter):
    """Lines for people: time, level, message, and where an error happened."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, with the error's places below it."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        line = (
            f"{at:%H:%M:%S} {record.levelname.lower():7} {record.name.removeprefix('xinglin.')}: {record.getMessage()}"
        )
        where = self.traceback(record)
        return mask(f"{line}\n{where}" if where else line)


class Json(_Formatter):
    """Lines for machines: `time`, `level`, `logger`, `message`, `error`, and what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        where = self.traceback(record)
        if where:
            fields["error"] = where
        fields |= {name: str(value) for name, value in vars(record).items() if name not in _OWN}
        return orjson.dumps({name: mask(v) if isinstance(v, str) else v for name, v in fields.items()}).decode()


def configuration(level: str, form: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes, for processes that others start: all logs go to standard error."""
    quiet = max(logging.WARNING, logging.getLevelNamesMapping()[level])
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"house": {"()": Json if form == "json" else Console}},
        "handlers": {"house": {"class": "logging.StreamHandler", "formatter": "house"}},
        "root": {"level": level, "handlers": ["house"]},
        "loggers": {name: {"level": quiet} for name in QUIET},
    }


def configure(level: str, form: str) -> None:
    """Sends all logs of this process to standard error, in the form `console` or `json`."""
    logging.config.dictConfig(configuration(level, form))
