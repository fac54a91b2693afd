"""The official examples of FHIR R4, from npm's `hl7.fhir.r4.examples`; fetched by name once, into .cache/.

Where they can't be fetched, the tests that need them are skipped visibly.
"""

import hashlib
import subprocess
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.shared_data import ROOT
from tests.tools.loading import load_tool
from xinglin.fhir import json
from xinglin.fhir.types import Json

PACKAGE = "hl7.fhir.r4.examples"
VERSION = "4.0.1"
SHA256 = "dce87f1b5b9341867033f7d1f544fa1b5232503f6d62813887ac6b8a8b6cb682"


@cache
def archive() -> Path:
    """The package's archive."""
    folder = ROOT / ".cache" / "examples"
    path = folder / f"{PACKAGE}-{VERSION}.tgz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        pack = [
            *load_tool("definitions").npm(),
            "pack",
            f"{PACKAGE}@{VERSION}",
            "--silent",
            "--pack-destination",
            str(folder),
        ]
        if subprocess.run(
            pack, check=False, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode:
            pytest.skip(f"no official examples: npm could not fetch {PACKAGE} {VERSION}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest == SHA256, f"{path} has the SHA-256 {digest}"
    return path


def examples() -> Iterator[tuple[str, bytes]]:
    """(Type-id, JSON text) of every example, in the order of the archive."""
    with tarfile.open(archive()) as tar:
        for member in tar:
            name = Path(member.name).stem
            file = tar.extractfile(member)
            if file is not None and member.name.endswith(".json") and not name.startswith(("package", ".index")):
                yield name, file.read()


@cache
def example(name: str) -> Json:
    """One example by Type-id."""
    with tarfile.open(archive()) as tar:
        file = tar.extractfile(f"package/{name}.json")
        assert file is not None
        return json.loads(file.read())
