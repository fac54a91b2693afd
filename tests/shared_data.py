"""The data that tests may use beside the checkout; where it is absent, those tests are skipped visibly."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_folder(name: str) -> Path | None:
    """A folder of the shared data, from XINGLIN_SHARED_DATA or beside the checkout; None where it is absent."""
    base = Path(os.environ.get("XINGLIN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    return base / name if (base / name).is_dir() else None


@pytest.fixture(scope="session")
def synthea() -> list[Path]:
    """The Synthea bundles, in the order of their names."""
    folder = shared_folder("synthea")
    if folder is None:
        pytest.skip("no Synthea bundles: put them beside the checkout or set XINGLIN_SHARED_DATA")
    return sorted(folder.glob("*.json.gz"))
