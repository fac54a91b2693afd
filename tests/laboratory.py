"""Steps of a laboratory test, from the order to what is entered, shared by the tests that need results."""

from tests.hospital import Hospital
from xinglin.fhir.types import Resource

BLOOD = {
    "wbc": "6.1",
    "neut": "58.0",
    "lymph": "32.0",
    "rbc": "4.80",
    "hgb": "145",
    "mcv": "90.0",
    "plt": "230",
    "crp": "2.0",
}
ELECTROLYTES = {"k": "4.10", "na": "140.0", "cl": "103.0", "ca": "2.30", "p": "1.10"}


async def ordered(hospital: Hospital, patient: str, *tests: str) -> tuple[str, list[str]]:
    """A finished consultation with paid tests: the visit, and the orders."""
    visit = await hospital.consultation(patient)
    await hospital.write_record(visit)
    orders = [await hospital.do("doctor", "laboratory.order", visit=visit, test=test, reason="复查") for test in tests]
    await hospital.do("doctor", "outpatient.finish", visit=visit)
    await hospital.pay(visit)
    await hospital.deliver()
    return visit, [f"ServiceRequest/{order['id']}" for order in orders]


async def collected(hospital: Hospital, visit: str, fasting: str = "F") -> list[Resource]:
    """Labels and fills the tubes of a visit."""
    made = await hospital.do("nurse", "laboratory.label", visit=visit)
    tubes: list[Resource] = [entry["resource"] for entry in made["entry"]]
    names = [f"Specimen/{tube['id']}" for tube in tubes]
    await hospital.do("nurse", "laboratory.collect", specimens=names, fasting=fasting)
    return tubes


def number(tube: Resource) -> str:
    """What stands on the label of a tube."""
    return str(tube["accessionIdentifier"]["value"])


async def received(hospital: Hospital, visit: str) -> list[Resource]:
    """Collects the tubes of a visit and brings them to the laboratory."""
    tubes = await collected(hospital, visit)
    for tube in tubes:
        await hospital.do("technician", "laboratory.receive", accession=number(tube))
    return tubes


async def published(hospital: Hospital, patient: str, test: str, values: dict[str, str]) -> tuple[str, Resource]:
    """A test with its published report: the visit, and the report."""
    visit, (order,) = await ordered(hospital, patient, test)
    await received(hospital, visit)
    await hospital.do("technician", "laboratory.enter", order=order, values=values, reason="已复检")
    report = await hospital.do("technician2", "laboratory.verify", order=order)
    await hospital.deliver()
    return visit, report
