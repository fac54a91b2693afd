"""A hospital as files."""

import asyncio
import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xinglin.fhir import build, json
from xinglin.fhir.outcome import BadRequest, Conflict
from xinglin.synthetic import running
from xinglin.synthetic.files import TRUTH, write_files
from xinglin.synthetic.plan import Plan

PLAN = Plan(seed=4, patients=230, beds=60, days=20, duplicates=0.1)


async def test_bytes_depend_on_the_plan_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on the number of processes, the order of hashes, the time zone or the day."""
    counts = await write_files(PLAN, tmp_path / "one", lambda _: None)
    monkeypatch.setattr(running, "SMALL", 0)
    assert await write_files(PLAN, tmp_path / "two", lambda _: None) == counts
    command = [sys.executable, "-m", "xinglin", "hospital", "new", "--seed", "4", "--patients", "230", "--beds", "60"]
    command += ["--days", "20", "--duplicates", "0.1", "--out", str(tmp_path / "three")]
    environment = {**os.environ, "PYTHONHASHSEED": "99", "TZ": "America/Lima"}
    said = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True, check=True)
    assert f"{counts.total()} resources written (seed=4 " in said.stdout
    one, two, three = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two", "three")
    )
    assert one == two == three
    assert counts["Patient"] > 230
    assert one["Patient.ndjson"].count(b"\n") == counts["Patient"]


async def test_the_truth_tells_who_was_registered_twice(tmp_path: Path) -> None:
    await write_files(PLAN, tmp_path, lambda _: None)
    lines = (tmp_path / "Patient.ndjson").read_bytes().splitlines()
    people = {person["id"]: person for person in map(json.loads, lines)}
    with (tmp_path / TRUTH).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(people) == 230 + len(rows)
    assert 8 <= len(rows) <= 50
    for row in rows:
        second, first = people[row["second"]], people[row["first"]]
        without = [{**person, "id": "", "identifier": person["identifier"][1:]} for person in (second, first)]
        assert (without[0] != without[1]) == bool(row["mistakes"]), row
        assert build.person_name(second)[0]


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Conflict, match="not empty"):
        asyncio.run(write_files(PLAN, tmp_path, lambda _: None))
    assert not list(tmp_path.glob("*.ndjson*"))


def test_a_plan_names_what_is_out_of_bounds() -> None:
    with pytest.raises(BadRequest) as caught:
        Plan(campuses=9, patients=0)
    assert {(issue.expression, issue.diagnostics) for issue in caught.value.issues} == {
        ("campuses", "campuses is 9; accepted is 1 to 5"),
        ("patients", "patients is 0; accepted is 1 to 2000000"),
    }


def test_the_command_tells_a_mistake_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xinglin", "hospital", "new", "--days", "2", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "days is 2; accepted is 7 to 1000" in done.stderr
    assert "Traceback" not in done.stderr
