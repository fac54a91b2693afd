"""Logs without data of patients."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator

import pytest

from xinglin.platform.logging import configure, mask

SECRETS = ("11010519491231002X", "13800138000", "hunter2-secret", "张三丰")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def fail() -> None:
    try:
        raise KeyError("张三丰")
    except KeyError as error:
        raise ValueError("11010519491231002X is 张三丰") from error


def written(form: str) -> str:
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream):
        configure("INFO", form)
    log = logging.getLogger("xinglin.tests")
    log.debug("unheard")
    log.info("Dispensed %s", "MedicationDispense/1", extra={"command": "pharmacy.dispense"})
    log.info("Called 11010519491231002X on 13800138000 at postgresql://me:hunter2-secret@host/db")
    log.info("With password=hunter2-secret user=me and password='hunter2-secret x'")
    try:
        fail()
    except ValueError:
        log.exception("It failed")
    logging.getLogger("procrastinate.worker").info("note(word='张三丰')")
    return stream.getvalue()


@pytest.mark.parametrize("form", ["console", "json"])
def test_secrets_and_numbers_of_people_stay_out(form: str) -> None:
    text = written(form)
    assert not [secret for secret in SECRETS if secret in text]
    assert "unheard" not in text
    assert "postgresql://me:[password]@host/db" in text


def test_console_lines_say_where_it_failed() -> None:
    text = written("console")
    assert "info    tests: Dispensed MedicationDispense/1" in text
    assert "builtins.ValueError at " in text
    assert "builtins.KeyError at " in text
    assert " fail < " in text


def test_json_lines_are_json() -> None:
    first, *_, last = [json.loads(line) for line in written("json").splitlines()]
    assert (first["message"], first["level"], first["command"]) == (
        "Dispensed MedicationDispense/1",
        "INFO",
        "pharmacy.dispense",
    )
    assert first["time"].endswith("+00:00")
    assert last["message"] == "It failed"
    assert "ValueError" in last["error"]


@pytest.mark.parametrize(
    "text", ["2026-03-02 08:00:00", "Invoice/0000000123", "0190163d-8694-739b-aea5-966c26f8ad90", "id 138001380001"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text
