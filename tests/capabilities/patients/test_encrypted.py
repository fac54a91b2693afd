"""Patients whose identity and telephone numbers lie encrypted: the windows notice nothing."""

import pytest

from tests.hospital import MORNING, REGISTRY, Clock
from tests.postgres import Databases
from tests.vaults import opened, readable, settings
from xinglin.kernel.application import Application
from xinglin.kernel.errors import Refused
from xinglin.platform.identity import at_work, find_account

NUMBER, PHONE = "11010519491231002X", "13812345678"


async def test_registering_finding_and_correcting_leave_nothing_in_clear(
    empty_databases: Databases, furnished_template: str
) -> None:
    conninfo = empty_databases.create(furnished_template)
    async with opened(settings(conninfo)) as database:
        application = Application(REGISTRY, database, clock=Clock(MORNING))
        async with database.transaction() as connection:
            account = await find_account(connection, "registrar")
            assert account is not None
            registrar = await at_work(connection, account, MORNING)
        values = {"name": "欧阳修", "identity_number": NUMBER, "phone": PHONE}
        done = await application.execute("patients.register", values, registrar, key="a-key-of-mine")
        again = await application.execute("patients.register", values, registrar, key="a-key-of-mine")
        assert again.replayed
        assert again.resource == done.resource
        assert done.resource["identifier"][1]["value"] == NUMBER
        with pytest.raises(Refused, match="欧阳修"):
            await application.execute("patients.register", {**values, "name": "别人"}, registrar)
        for text in (NUMBER.lower(), PHONE):
            (row,) = (await application.view("patients.find", {"text": text}, registrar)).rows
            assert (row.name, row.phone, row.identity_number) == ("欧阳修", PHONE, "1101**********002X")
        found = await application.execute("patients.identify", {"number": NUMBER}, registrar)
        assert found.resource["id"] == done.resource["id"]
        patient = f"Patient/{done.resource['id']}"
        await application.execute("patients.correct", {"patient": patient, "phone": "13900001111"}, registrar)
        assert not (await application.view("patients.find", {"text": PHONE}, registrar)).rows
    assert await readable(conninfo, [NUMBER, PHONE, "13900001111"]) == set()
