"""Signatures get the time stamp of an authority, whatever it does meanwhile, and verifying tells of it."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import SECRET_KEY, Hospital
from tests.timestamp_authority import NAME, Authority, serving
from xinglin.capabilities.signing.stamps import AWAITING
from xinglin.fhir.types import Resource
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.platform.crypto.timestamps import Authority as Asked
from xinglin.platform.settings import Settings
from xinglin.server.stamping import TRIES, stamp_signatures


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def ask(hospital: Hospital, url: str | None, authority: Authority) -> None:
    """Lets the hospital ask the authority at an address."""
    roots = authority.roots if url else None
    hospital.application.settings = Settings(secret_key=SECRET_KEY, timestamp_url=url, timestamp_roots=roots)


async def signature_of(hospital: Hospital, visit: str) -> Resource:
    async with hospital.application.reading(as_system("zh_CN")) as context:
        (record,) = (await context.search("Composition", [("encounter", visit)])).resources
        (found,) = (await context.search("Provenance", [("target", f"Composition/{record['id']}")])).resources
    return found


async def verdict(hospital: Hospital, provenance: Resource) -> dict[str, Any]:
    outcome = await hospital.do("doctor", "signing.verify", signature=f"Provenance/{provenance['id']}")
    first: dict[str, Any] = outcome["issue"][0]
    return first


async def test_signatures_are_stamped_and_verified(hospital: Hospital, authority: Authority) -> None:
    visits = [(await hospital.signed_prescription(await hospital.patient()))[0] for _ in range(2)]
    with serving(authority) as url:
        ask(hospital, url, authority)
        authority.told = (503, b"")
        assert await stamp_signatures(hospital.application) == 0
        assert authority.asked == min(TRIES, len(visits))
        authority.told = None
        assert await stamp_signatures(hospital.application) == len(visits)
        assert await stamp_signatures(hospital.application) == 0
    provenance = await signature_of(hospital, visits[0])
    stamp = provenance["signature"][1]
    assert stamp["type"][0]["code"] == "1.2.840.10065.1.12.1.18"
    assert AWAITING not in provenance["meta"]["tag"]
    told = await verdict(hospital, provenance)
    assert told["severity"] == "information"
    assert f"{NAME} 于 " in told["diagnostics"]


async def test_a_stamp_that_is_not_over_this_signature_is_found_out(hospital: Hospital, authority: Authority) -> None:
    visits = [(await hospital.signed_prescription(await hospital.patient()))[0] for _ in range(2)]
    with serving(authority) as url:
        ask(hospital, url, authority)
        await stamp_signatures(hospital.application)
    one, other = [await signature_of(hospital, visit) for visit in visits]
    async with hospital.application.database.transaction() as connection:
        context = hospital.application.context(connection, as_system("zh_CN"))
        await context.update({**one, "signature": [one["signature"][0], other["signature"][1]]})
    told = await verdict(hospital, one)
    assert told["severity"] == "error"
    assert "时间戳无效" in told["diagnostics"]


async def test_a_clock_that_runs_ahead_is_found_out(hospital: Hospital, authority: Authority) -> None:
    before = hospital.clock.now
    visit, _number = await hospital.signed_prescription(await hospital.patient())
    hospital.clock.now += timedelta(days=3650)
    earlier = await signature_of(hospital, visit)
    document = earlier["target"][0]["reference"].partition("/_history")[0]
    later = await hospital.do("doctor", "signing.sign", targets=[document])
    hospital.clock.now = before
    with serving(authority) as url:
        ask(hospital, url, authority)
        await stamp_signatures(hospital.application)
    told = await verdict(hospital, later)
    assert told["severity"] == "error"
    assert "晚于时间戳" in told["diagnostics"]


async def test_only_a_fitting_stamp_is_added_and_only_one(hospital: Hospital, authority: Authority) -> None:
    visit, _number = await hospital.signed_prescription(await hospital.patient())
    provenance = await signature_of(hospital, visit)
    name, system = f"Provenance/{provenance['id']}", as_system("zh_CN")
    with serving(authority) as url:
        ask(hospital, url, authority)
        asked = Asked.of(hospital.application.settings)
        assert asked is not None
        wrong = base64.b64encode(await asked.stamp(b"something else")).decode()
        values = {"signature": name, "answer": wrong}
        with pytest.raises(Refused, match="does not fit"):
            await hospital.application.execute("signing.stamp", values, system)
        await stamp_signatures(hospital.application)
        stamped = await signature_of(hospital, visit)
        values = {"signature": name, "answer": stamped["signature"][1]["data"]}
        with pytest.raises(Refused, match="已有时间戳"):
            await hospital.application.execute("signing.stamp", values, system)
    with pytest.raises(NotPermitted):
        await hospital.do("doctor", "signing.stamp", **values)


async def test_without_an_authority_signatures_stay_awaited(hospital: Hospital, authority: Authority) -> None:
    ask(hospital, None, authority)
    visit, _number = await hospital.signed_prescription(await hospital.patient())
    assert await stamp_signatures(hospital.application) == 0
    assert AWAITING in (await signature_of(hospital, visit))["meta"]["tag"]
