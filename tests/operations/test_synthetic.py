"""`xinglin hospital new` as a person runs it, on a database."""

from pathlib import Path

from tests.operations.conftest import xinglin
from tests.postgres import Databases


def test_a_hospital_is_made_once(
    environment: dict[str, str], empty_databases: Databases, migrated_template: str, tmp_path: Path
) -> None:
    given = environment | {"XINGLIN_DATABASE_URL": empty_databases.create(migrated_template)}
    wanted = ("hospital", "new", "--patients", "20", "--beds", "50", "--days", "7", "--until", "2026-06-30")
    assert "needs --truth FILE" in xinglin(given, *wanted, "--duplicates", "0.5").stderr

    truth = tmp_path / "truth.csv"
    made = xinglin(given, *wanted, "--duplicates", "0.5", "--truth", str(truth))
    assert made.returncode == 0, made.stderr
    assert "20 of 20 patients" in made.stderr
    assert "until=2026-06-30 duplicates=0.5" in made.stdout
    assert len(truth.read_text().splitlines()) > 4

    other = xinglin(given, *wanted)
    assert other.returncode == 1
    assert other.stderr.splitlines()[-1].startswith("xinglin: The database holds a synthetic hospital already")
