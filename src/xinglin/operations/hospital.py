"""The demonstration hospital: campuses, departments, clinics, staff, posts and accounts; capabilities add the rest."""

from dataclasses import dataclass

from xinglin.capabilities.administration import resources
from xinglin.capabilities.pharmacy.rules_authority import rights
from xinglin.capabilities.scheduling.seed import CLINICS
from xinglin.fhir import build
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.application import Application
from xinglin.kernel.context import Context, as_system
from xinglin.platform import identity

PASSWORD = "xinglin-demo"  # noqa: S105  (printed at every start; `xinglin serve` makes no such account)
RULES = identity.PasswordRules(kinds=2, common=True)
"""What this password is held to."""

ORGANIZATION = "hospital"


@dataclass(frozen=True)
class Member:
    """A member of staff with an account."""

    login: str
    practitioner: str
    name: str
    gender: str
    roles: tuple[str, ...]
    department: str
    campus: str = "main"
    title: str | None = None


CAMPUSES = {"main": "总院区", "east": "东院区"}
DEPARTMENTS = {
    "outpatient": "门诊部",
    "cardiology": "心血管内科",
    "general": "全科医学科",
    "respiratory": "呼吸内科",
    "finance": "财务科",
    "pharmacy": "药剂科",
    "information": "信息科",
    "quality": "医务科",
    "laboratory": "检验科",
    "imaging": "医学影像科",
    "archive": "病案室",
}
STAFF = (
    Member("registrar", "practitioner-li", "李敏", "female", ("registrar",), "outpatient"),
    Member("registrar2", "practitioner-wu", "吴倩", "female", ("registrar",), "outpatient"),
    Member("doctor", "practitioner-chen", "陈立新", "male", ("doctor",), "cardiology", title="associate-chief"),
    Member("doctor2", "practitioner-lin", "林若云", "female", ("doctor",), "general", title="attending"),
    Member("doctor3", "practitioner-zhao", "赵思远", "male", ("doctor",), "respiratory", title="chief"),
    Member("head", "practitioner-xu-jianhua", "徐建华", "male", ("doctor", "head"), "cardiology", title="chief"),
    Member("cashier", "practitioner-sun", "孙晓梅", "female", ("cashier",), "finance"),
    Member("accountant", "practitioner-qian", "钱慧", "female", ("accountant",), "finance"),
    Member("pharmacist", "practitioner-zhou", "周文博", "male", ("pharmacist",), "pharmacy"),
    Member("integrator", "practitioner-shen", "沈一鸣", "male", ("integrator",), "information"),
    Member("manager", "practitioner-gao", "高远", "male", ("manager",), "information"),
    Member("auditor", "practitioner-he", "何静", "female", ("auditor",), "quality"),
    Member("administrator", "practitioner-luo", "罗凯", "male", ("administrator",), "information"),
    Member("technician", "practitioner-jiang", "蒋丽华", "female", ("technician",), "laboratory"),
    Member("technician2", "practitioner-feng", "冯子轩", "male", ("technician",), "laboratory"),
    Member("radiographer", "practitioner-shi", "石磊", "male", ("radiographer",), "imaging"),
    Member("radiologist", "practitioner-song", "宋知远", "male", ("radiologist",), "imaging"),
    Member("radiologist2", "practitioner-han", "韩雪", "female", ("radiologist",), "imaging"),
    Member("records", "practitioner-zheng", "郑文芳", "female", ("records",), "archive"),
    Member("records2", "practitioner-tang", "唐建平", "male", ("records",), "archive"),
    Member("nurse", "practitioner-xu-jing", "许静", "female", ("nurse",), "outpatient"),
    Member("pharmacist2", "practitioner-qian-ruoshui", "钱若水", "female", ("pharmacist",), "pharmacy"),
)

SECOND_POSTS = (Member("doctor", "practitioner-chen", "陈立新", "male", ("doctor",), "general", "east"),)
"""Who also works elsewhere."""


DEVICES = (("kiosk-1", "门诊大厅自助机 1", "kiosk"), ("display-1", "二楼候诊屏 1", "display"))
"""Services that devices come in as; administration makes their keys."""


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
                    rules=RULES,
                )
        for login, name, role in DEVICES:
            if await identity.find_account(connection, login) is None:
                await identity.create_account(
                    connection,
                    login=login,
                    name=name,
                    password=None,
                    kind="service",
                    roles=(role,),
                    locale="zh_CN",
                    now=context.now,
                )


async def _masters(context: Context) -> None:
    hospital = f"Organization/{ORGANIZATION}"
    await _once(context, {**resources.hospital("杏林示范医院"), "id": ORGANIZATION})
    for code, name in CAMPUSES.items():
        await _once(context, {**resources.campus(name, hospital), "id": f"campus-{code}"})
    for code, name in DEPARTMENTS.items():
        await _once(context, {**resources.department(name, hospital), "id": f"department-{code}"})
    for code, name, *_doctor in CLINICS:
        await _once(
            context,
            {
                "resourceType": "Location",
                "id": f"clinic-{code}",
                "status": "active",
                "name": f"{name}诊室",
                "managingOrganization": build.reference(hospital),
            },
        )
    for position, member in enumerate(STAFF, 1):
        await _once(
            context,
            {
                **resources.practitioner(member.name, f"{position:04d}"),
                "id": member.practitioner,
                "gender": member.gender,
                "qualification": _qualifications(member),
            },
        )
    for member in STAFF:
        await _once(context, {**_post(member), "id": f"post-{member.login}"})
    for member in SECOND_POSTS:
        await _once(context, {**_post(member), "id": f"post-{member.login}-{member.department}"})


def _qualifications(member: Member) -> list[Resource]:
    held: list[Resource] = [{"code": {"text": DEPARTMENTS[member.department]}}]
    return [*held, *rights(member.title, controlled=member.title.endswith("chief"))] if member.title else held


async def _once(context: Context, resource: Resource) -> None:
    try:
        await context.read(f"{resource['resourceType']}/{resource['id']}")
    except NotFound:
        await context.create(resource, id=resource["id"])


def _post(member: Member) -> Resource:
    person = build.reference(f"Practitioner/{member.practitioner}", member.name)
    place = build.reference(f"Organization/department-{member.department}", DEPARTMENTS[member.department])
    campus = build.reference(f"Location/campus-{member.campus}", CAMPUSES[member.campus])
    return resources.post(person, place, campus, member.roles)
