"""Looks at what the locks install: whether a vulnerability of it is known, and under which licence it comes.

    python tools/dependencies.py

Vulnerabilities are asked for in one request at OSV (`XINGLIN_OSV_URL` names another one, such as a mirror of a house
without a way out). Where it can't be reached, that is said and is no fault: nothing was looked at. Those that are known
and can't be avoided yet are listed in `ACCEPTED`, each with the reason.

Licences are read from what is installed and from `package-lock.json`. Prints one line per fault and exits with 1 where
there is any.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, NamedTuple

import httpx

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
OSV = "https://api.osv.dev/v1/querybatch"
SECONDS = 5.0
AT_ONCE = 1000
"""Packages that one request may ask for."""

ACCEPTED: dict[str, str] = {}
"""Vulnerabilities that are no fault, by their id at OSV, each with the reason."""

PERMISSIVE = {
    "0BSD",
    "3-Clause BSD License",
    "Apache-2.0",
    "Apache Software License",
    "BSD",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "ISC License (ISCL)",
    "MIT",
    "MIT License",
    "MIT-0",
    "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "PSF-2.0",
}
"""Licences under which anything may come, as SPDX and as PyPI name them."""
PERMITTED = {
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
    "psycopg-pool": "LGPL-3.0-only",
    "@fontsource-variable/noto-sans-sc": "OFL-1.1",
    "pylopdf-fonts-zh-cn": "SIL Open Font License 1.1 (OFL-1.1)",
}
"""Packages that come under another one, unchanged and as it wants: a library beside us, a font."""
UNTOLD = {"fhirpathpy": "MIT"}
"""Packages that tell none where it is looked for; what their source says."""


class Package(NamedTuple):
    """A package as a lock has it; `ecosystem` is PyPI or npm."""

    ecosystem: str
    name: str
    version: str


def locked(root: Path) -> list[Package]:
    """All packages in the locks of a folder."""
    found = set()
    for lock in LOCKS:
        text = (root / lock).read_text(encoding="utf-8")
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE):
            found.add(Package("PyPI", name, version))
    for path, entry in json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"].items():
        if path:
            found.add(Package("npm", path.rpartition("node_modules/")[2], entry["version"]))
    return sorted(found)


def vulnerable(packages: Sequence[Package], url: str, accepted: dict[str, str]) -> list[str]:
    """One line for each known vulnerability that is not accepted. Raises `httpx.HTTPError`, `ValueError` where the
    service can't be reached or answers with something else."""
    found = []
    with httpx.Client(timeout=SECONDS) as client:
        for start in range(0, len(packages), AT_ONCE):
            part = packages[start : start + AT_ONCE]
            queries = [{"package": {"name": p.name, "ecosystem": p.ecosystem}, "version": p.version} for p in part]
            answer = client.post(url, json={"queries": queries})
            answer.raise_for_status()
            results: list[dict[str, Any]] = answer.json()["results"]
            for package, result in zip(part, results, strict=True):
                ids = [vuln["id"] for vuln in result.get("vulns", ())]
                found += [f"{package.name} {package.version}: {id}" for id in ids if id not in accepted]
    return found


def licence_of(installed: Distribution) -> list[str]:
    """The licences that a distribution tells; all of them must be good, of those that may be chosen among one."""
    tells = installed.metadata
    expression = tells.get("License-Expression")
    if expression:
        return [expression]
    classifiers = [line.split(" :: ")[-1] for line in tells.get_all("Classifier", []) if line.startswith("License ::")]
    return classifiers or [(tells.get("License") or "").strip()[:60]]


def permissive(licence: str) -> bool:
    """Whether a licence, or an SPDX expression of several, is permissive."""
    if " AND " in licence:
        return all(permissive(part.strip("() ")) for part in licence.split(" AND "))
    if " OR " in licence:
        return any(permissive(part.strip("() ")) for part in licence.split(" OR "))
    return licence in PERMISSIVE


def licence_faults(name: str, licences: Sequence[str]) -> Iterator[str]:
    """Why a package may not come in, by its licences."""
    told = [licence or UNTOLD.get(name, "") for licence in licences]
    for licence in told:
        if not permissive(licence) and PERMITTED.get(name) != licence:
            yield f"{name}: licence {licence or 'not told'} is not among those that are accepted"


def licences(root: Path) -> list[str]:
    """Faults of the licences of all that is locked and, for Python, installed here."""
    wanted = {_plain(package.name) for package in locked(root) if package.ecosystem == "PyPI"}
    found = []
    for installed in distributions():
        if _plain(installed.metadata["Name"]) in wanted:
            found += licence_faults(_plain(installed.metadata["Name"]), licence_of(installed))
    for path, entry in json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"].items():
        if path:
            found += licence_faults(path.rpartition("node_modules/")[2], [str(entry.get("license") or "")])
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Looks at both and tells."""
    packages = locked(ROOT)
    found = licences(ROOT)
    try:
        found += vulnerable(packages, os.environ.get("XINGLIN_OSV_URL", OSV), ACCEPTED)
        print(f"Dependencies: {len(packages)} packages held against known vulnerabilities")
    except (httpx.HTTPError, ValueError, KeyError) as error:
        print(f"Dependencies: NOT scanned for vulnerabilities: no service reachable ({type(error).__name__})")
    print("\n".join(found) if found else "Licences: all are accepted")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
