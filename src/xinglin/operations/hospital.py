"""The demonstration hospital: organisation, clinics, staff and accounts; the capabilities add their master data."""

from dataclasses import dataclass

from xinglin.capabilities.scheduling.seed import CLINICS
from xinglin.fhir import build
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.application import Application
from xinglin.kernel.context import Context, as_system
from xinglin.platform import identity

PASSWORD = "xinglin-demo"  # noqa: S105  (printed at every start; `xinglin serve` makes no such account)
ORGANIZATION = "hospital"
EMPLOYEE_NUMBER = "urn:xinglin:id:employee"


@dataclass(frozen=True)
class Member:
    """A member of staff with an account."""

    login: str
    practitioner: str
    name: str
    gender: str
    roles: tuple[str, ...]
    department: str


STAFF = (
    Member("registrar", "practitioner-li", "李敏", "female", ("registrar",), "门诊部"),
    Member("registrar2", "practitioner-wu", "吴倩", "female", ("registrar",), "门诊部"),
    Member("doctor", "practitioner-chen", "陈立新", "male", ("doctor",), "心血管内科"),
    Member("doctor2", "practitioner-lin", "林若云", "female", ("doctor",), "全科医学科"),
    Member("doctor3", "practitioner-zhao", "赵思远", "male", ("doctor",), "呼吸内科"),
    Member("cashier", "practitioner-sun", "孙晓梅", "female", ("cashier",), "财务科"),
    Member("pharmacist", "practitioner-zhou", "周文博", "male", ("pharmacist",), "药剂科"),
    Member("integrator", "practitioner-shen", "沈一鸣", "male", ("integrator",), "信息科"),
    Member("manager", "practitioner-gao", "高远", "male", ("manager",), "信息科"),
    Member("auditor", "practitioner-he", "何静", "female", ("auditor",), "医务科"),
)


async def furnish(application: Application) -> None:
    """Makes whatever of the demonstration hospital is not there yet; may run at every start."""
    async with application.database.transaction() as connection:
        context = application.context(connection, as_system("zh_CN"), step="operations.furnish")
        await context.lock("operations.furnish")
        await _masters(context)
        for capability in application.registry.capabilities.values():
            if capability.seed is not None:
                await capability.seed(context)
        await application.publish(context)
        for member in STAFF:
            if await identity.find_account(connection, member.login) is None:
                await identity.create_account(
                    connection,
                    login=member.login,
                    name=member.name,
                    password=PASSWORD,
                    roles=member.roles,
                    practitioner=f"Practitioner/{member.practitioner}",
                    locale="zh_CN",
                    now=context.now,
                )


async def _masters(context: Context) -> None:
    await _once(context, {"resourceType": "Organization", "id": ORGANIZATION, "active": True, "name": "杏林示范医院"})
    for code, name, *_doctor in CLINICS:
        await _once(
            context,
            {
                "resourceType": "Location",
                "id": f"clinic-{code}",
                "status": "active",
                "name": f"{name}诊室",
                "managingOrganization": build.reference(f"Organization/{ORGANIZATION}"),
            },
        )
    for position, member in enumerate(STAFF, 1):
        await _once(
            context,
            {
                "resourceType": "Practitioner",
                "id": member.practitioner,
                "active": True,
                "identifier": [build.identifier(EMPLOYEE_NUMBER, f"{position:04d}")],
                "name": [{"use": "official", "text": member.name}],
                "gender": member.gender,
                "qualification": [{"code": {"text": member.department}}],
            },
        )


async def _once(context: Context, resource: Resource) -> None:
    try:
        await context.read(f"{resource['resourceType']}/{resource['id']}")
    except NotFound:
        await context.create(resource, id=resource["id"])
