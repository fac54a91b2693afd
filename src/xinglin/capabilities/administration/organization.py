"""The hospital, its departments and its campuses."""

from pydantic import Field

from xinglin.capabilities.administration import resources
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform import identity
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext


async def hospital_of(context: Context) -> Resource | None:
    """The hospital: the Organization that is part of none. None where it has not been named yet."""
    query = [("partof:missing", "true"), ("active", "true"), ("_count", "2")]
    found = (await context.search("Organization", query)).resources
    if len(found) > 1:
        raise Refused(_("There are several organizations that are part of none; one of them must be the hospital"))
    return found[0] if found else None


async def _house(context: Context) -> str:
    found = await hospital_of(context)
    if found is None:
        raise Refused(_("Name the hospital first"))
    return reference(found)


class NameHospital(Input):
    """What the hospital is called."""

    name: str = Field(title=N_("Name of the hospital"), min_length=2, max_length=100)


@command(
    "administration.name_hospital",
    title=N_("Name the hospital"),
    permission="administration.organization",
    done=N_("Name saved"),
)
async def name_hospital(context: Context, input: NameHospital) -> Resource:
    """Gives the hospital its name, and makes its Organization where there is none."""
    await context.lock("administration.hospital")
    found = await hospital_of(context)
    if found is None:
        return await context.create(resources.hospital(input.name))
    return await context.update({**found, "name": input.name})


class CreateDepartment(Input):
    """A new department."""

    name: str = Field(title=N_("Name of the place"), min_length=2, max_length=100)


@command(
    "administration.create_department",
    title=N_("New department"),
    permission="administration.organization",
    done=N_("Department created"),
    tone="primary",
)
async def create_department(context: Context, input: CreateDepartment) -> Resource:
    """Makes a department of the hospital; two in force don't bear one name."""
    await context.lock("administration.departments")
    await _free(context, "Organization", input.name, "")
    return await context.create(resources.department(input.name, await _house(context)))


class ChangeDepartment(Input):
    """A department with another name."""

    department: str = Field(title=N_("Department"), pattern=r"^Organization/", json_schema_extra={"widget": "hidden"})
    name: str = Field(title=N_("Name of the place"), min_length=2, max_length=100)


@command(
    "administration.change_department",
    title=N_("Rename"),
    permission="administration.organization",
    done=N_("Name saved"),
)
async def change_department(context: Context, input: ChangeDepartment) -> Resource:
    """Gives a department another name; posts that are there already keep showing the former one."""
    await context.lock("administration.departments")
    found = await department_of(context, input.department)
    await _free(context, "Organization", input.name, input.department)
    return await context.update({**found, "name": input.name})


class CloseDepartment(Input):
    """A department that is to close."""

    department: str = Field(title=N_("Department"), pattern=r"^Organization/", json_schema_extra={"widget": "hidden"})


@command(
    "administration.close_department",
    title=N_("Close department"),
    permission="administration.organization",
    done=N_("Department closed"),
    tone="danger",
    confirm=N_("Close this department? It can't be chosen for posts any more."),
)
async def close_department(context: Context, input: CloseDepartment) -> Resource:
    """Closes a department in which nobody has a post."""
    found = await department_of(context, input.department)
    await _unused(context, "organization", input.department)
    return await context.update({**found, "active": False})


class CreateCampus(Input):
    """A new campus."""

    name: str = Field(title=N_("Name of the place"), min_length=2, max_length=100)


@command(
    "administration.create_campus",
    title=N_("New campus"),
    permission="administration.organization",
    done=N_("Campus created"),
    tone="primary",
)
async def create_campus(context: Context, input: CreateCampus) -> Resource:
    """Makes a campus of the hospital; two in force don't bear one name."""
    await context.lock("administration.campuses")
    await _free(context, "Location", input.name, "")
    return await context.create(resources.campus(input.name, await _house(context)))


class ChangeCampus(Input):
    """A campus with another name."""

    campus: str = Field(title=N_("Campus"), pattern=r"^Location/", json_schema_extra={"widget": "hidden"})
    name: str = Field(title=N_("Name of the place"), min_length=2, max_length=100)


@command(
    "administration.change_campus",
    title=N_("Rename"),
    permission="administration.organization",
    done=N_("Name saved"),
)
async def change_campus(context: Context, input: ChangeCampus) -> Resource:
    """Gives a campus another name; posts that are there already keep showing the former one."""
    await context.lock("administration.campuses")
    found = await campus_of(context, input.campus)
    await _free(context, "Location", input.name, input.campus)
    return await context.update({**found, "name": input.name})


class CloseCampus(Input):
    """A campus that is to close."""

    campus: str = Field(title=N_("Campus"), pattern=r"^Location/", json_schema_extra={"widget": "hidden"})


@command(
    "administration.close_campus",
    title=N_("Close campus"),
    permission="administration.organization",
    done=N_("Campus closed"),
    tone="danger",
    confirm=N_("Close this campus? It can't be chosen for posts any more."),
)
async def close_campus(context: Context, input: CloseCampus) -> Resource:
    """Closes a campus on which nobody has a post."""
    found = await campus_of(context, input.campus)
    await _unused(context, "location", input.campus)
    return await context.update({**found, "status": "inactive"})


async def department_of(context: Context, target: str, field: str = "department") -> Resource:
    """A department that is open, locked. Raises `BadRequest` beside the field."""
    found = await _existing(context, target, field)
    if not resources.is_department(found) or not found.get("active", True):
        raise BadRequest(_("There is no such department, or it is closed"), expression=field)
    return found


async def campus_of(context: Context, target: str, field: str = "campus") -> Resource:
    """A campus that is open, locked. Raises `BadRequest` beside the field."""
    found = await _existing(context, target, field)
    if not resources.is_campus(found) or found.get("status") != "active":
        raise BadRequest(_("There is no such campus, or it is closed"), expression=field)
    return found


async def _existing(context: Context, target: str, field: str) -> Resource:
    try:
        return await context.read(target, lock=True)
    except NotFound:
        raise BadRequest(_("There is no {reference}").format(reference=target), expression=field) from None


async def departments(context: Context, *, closed: bool = False) -> list[Resource]:
    """The departments by name, the open ones or all."""
    query = [("type", f"{resources.ORGANIZATION_TYPE}|dept"), ("_count", "1000"), ("_sort", "name")]
    found = (await context.search("Organization", query if closed else [*query, ("active", "true")])).resources
    return list(found)


async def campuses(context: Context, *, closed: bool = False) -> list[Resource]:
    """The campuses by name, the open ones or all."""
    query = [("_count", "1000"), ("_sort", "name")]
    found = (await context.search("Location", query if closed else [*query, ("status", "active")])).resources
    return [place for place in found if resources.is_campus(place)]


async def _free(context: Context, type: str, name: str, but: str) -> None:
    there = await (departments if type == "Organization" else campuses)(context)
    if any(one.get("name") == name and reference(one) != but for one in there):
        raise BadRequest(_("There is one of this name already"), expression="name")


async def _unused(context: Context, parameter: str, target: str) -> None:
    posts = (await context.search("PractitionerRole", [(parameter, target), ("_count", "1000")])).resources
    count = sum(1 for post in posts if identity.post_of(post, context.now) is not None)
    if count:
        text = ngettext("{count} post is there; end it first", "{count} posts are there; end them first", count)
        raise Refused(text.format(count=count))
