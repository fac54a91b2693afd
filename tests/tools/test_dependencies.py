"""What is known of a package is told; so is that nothing could be asked."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.tools.loading import load_tool

tool = load_tool("dependencies")
BAD = tool.Package("PyPI", "badly", "1.0")
GOOD = tool.Package("npm", "good", "2.0")


class Service(BaseHTTPRequestHandler):
    """Answers as OSV does: knows of one package."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        known = {("badly", "PyPI", "1.0"): ["GHSA-1", "GHSA-2"]}
        results = []
        for each in asked:
            ids = known.get((each["package"]["name"], each["package"]["ecosystem"], each["version"]))
            results.append({"vulns": [{"id": id, "modified": "2026-01-01T00:00:00Z"} for id in ids]} if ids else {})
        body = json.dumps({"results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/querybatch"
    server.shutdown()
    server.server_close()
    thread.join()


def test_vulnerabilities_are_told_but_for_those_that_are_accepted(service: str) -> None:
    assert tool.vulnerable([GOOD, BAD], service, {}) == ["badly 1.0: GHSA-1", "badly 1.0: GHSA-2"]
    assert tool.vulnerable([GOOD, BAD], service, {"GHSA-1": "not used here"}) == ["badly 1.0: GHSA-2"]
    with pytest.raises(httpx.HTTPError):
        tool.vulnerable([BAD], "http://127.0.0.1:9/nothing", {})


def test_every_lock_is_read() -> None:
    found = tool.locked(tool.ROOT)
    names = {(package.ecosystem, package.name) for package in found}
    assert {("PyPI", "psycopg"), ("PyPI", "pytest"), ("npm", "axe-core")} <= names
    assert all(package.version[0].isdigit() for package in found)


@pytest.mark.parametrize(
    ("licence", "good"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("", False),
    ],
)
def test_which_licences_are_accepted(licence: str, good: bool) -> None:
    assert tool.permissive(licence) == good
    assert (list(tool.licence_faults("something", [licence])) == []) == good


def test_all_that_is_locked_may_come_in(tmp_path: Path) -> None:
    assert tool.licences(tool.ROOT) == []
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / lock).write_text("pytest==1.0 \\\n", encoding="utf-8")
    packages = {"": {}, "node_modules/@x/copyleft": {"version": "1.0", "license": "AGPL-3.0"}}
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": packages}), encoding="utf-8")
    (fault,) = tool.licences(tmp_path)
    assert fault.startswith("@x/copyleft: licence AGPL-3.0")
