"""What registration forms ask besides name, sex and birth: documents and cards, ethnic group, civil state, occupation.

Codes: ethnic groups GB/T 3304-1991, occupations GB/T 2261.4-2003 (as on the front page of inpatient records), civil
states and types of identifiers HL7 v3 and v2-0203 as R4 binds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xinglin.capabilities.patients import resources
from xinglin.capabilities.patients.identity_number import SYSTEM
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
MARITAL_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
ETHNICITY = "urn:xinglin:extension:ethnic-group"
OCCUPATION = "urn:xinglin:extension:occupation"
NATIONALITY = "http://hl7.org/fhir/StructureDefinition/patient-nationality"
ETHNICITY_SYSTEM, OCCUPATION_SYSTEM = "urn:xinglin:code:ethnic-group", "urn:xinglin:code:occupation"


Named = Mapping[str, tuple[str, str]]
"""Code → the name as it is written, and the title to be translated."""


@dataclass(frozen=True)
class Kind:
    """A kind of number that a person bears: its name as it is written, its title to be translated, the code of its type
    in v2-0203 where one is certain, and whether it is a card that is lost and given out anew."""

    display: str
    title: str
    type: str | None = None
    card: bool = False


NUMBERS: Mapping[str, Kind] = {
    "passport": Kind("护照", N_("Passport"), "PPN"),
    "hk-macao-permit": Kind("港澳居民来往内地通行证", N_("Mainland travel permit (Hong Kong, Macao)")),
    "taiwan-permit": Kind("台湾居民来往大陆通行证", N_("Mainland travel permit (Taiwan)")),
    "permanent-residence": Kind("外国人永久居留身份证", N_("Permanent residence card"), "PRC"),
    "military": Kind("军官证", N_("Military ID"), "MI"),
    "household": Kind("户口簿", N_("Household register")),
    "birth-certificate": Kind("出生医学证明", N_("Birth certificate"), "BCT"),
    "insurance-card": Kind("医保卡（社会保障卡）", N_("Insurance card (social security card)"), "SB", card=True),
    "health-card": Kind("电子健康卡", N_("Electronic health card"), "HC", card=True),
    "visit-card": Kind("就诊卡", N_("Visit card"), card=True),
}
"""Documents and cards besides the resident identity card, by the code that their system ends with."""

NUMBER_SYSTEM = "urn:xinglin:id:"
MARITAL: Named = {
    "S": ("未婚", N_("Never married")),
    "M": ("已婚", N_("Married")),
    "D": ("离婚", N_("Divorced")),
    "W": ("丧偶", N_("Widowed")),
    "UNK": ("未说明", N_("Not said")),
}
ETHNIC_GROUPS = dict(
    zip(
        [f"{number:02d}" for number in range(1, 57)],
        (
            *("汉族", "蒙古族", "回族", "藏族", "维吾尔族", "苗族", "彝族", "壮族", "布依族", "朝鲜族", "满族", "侗族"),
            *("瑶族", "白族", "土家族", "哈尼族", "哈萨克族", "傣族", "黎族", "傈僳族", "佤族", "畲族", "高山族"),
            *("拉祜族", "水族", "东乡族", "纳西族", "景颇族", "柯尔克孜族", "土族", "达斡尔族", "仫佬族", "羌族"),
            *("布朗族", "撒拉族", "毛南族", "仡佬族", "锡伯族", "阿昌族", "普米族", "塔吉克族", "怒族", "乌孜别克族"),
            *("俄罗斯族", "鄂温克族", "德昂族", "保安族", "裕固族", "京族", "塔塔尔族", "独龙族", "鄂伦春族", "赫哲族"),
            *("门巴族", "珞巴族", "基诺族"),
        ),
        strict=True,
    )
)
OCCUPATIONS: Named = {
    "11": ("国家公务员", N_("Civil servant")),
    "13": ("专业技术人员", N_("Professional")),
    "17": ("职员", N_("Office worker")),
    "21": ("企业管理人员", N_("Manager in business")),
    "24": ("工人", N_("Worker")),
    "27": ("农民", N_("Farmer")),
    "31": ("学生", N_("Student")),
    "37": ("现役军人", N_("Soldier")),
    "51": ("自由职业者", N_("Freelance")),
    "54": ("个体经营者", N_("Self-employed")),
    "70": ("无业人员", N_("Without work")),
    "80": ("退（离）休人员", N_("Retired from work")),
    "90": ("其他", N_("Other")),
}
ABROAD = "XX"
COUNTRIES: Named = {
    "CN": ("中国", N_("China")),
    "HK": ("中国香港", N_("Hong Kong, China")),
    "MO": ("中国澳门", N_("Macao, China")),
    "TW": ("中国台湾", N_("Taiwan, China")),
    "XX": ("外国", N_("Abroad")),
}
RELATIONSHIPS: Named = {
    "MTH": ("母亲", N_("Mother")),
    "FTH": ("父亲", N_("Father")),
    "SPS": ("配偶", N_("Spouse")),
    "CHILD": ("子女", N_("Child")),
    "SIB": ("兄弟姐妹", N_("Brother or sister")),
    "GRPRN": ("祖父母、外祖父母", N_("Grandparent")),
    "GUARD": ("监护人", N_("Guardian")),
    "FRND": ("朋友、同事", N_("Friend, colleague")),
    "EXT": ("其他亲属", N_("Other relative")),
}
"""HL7 v3 RoleCode, as R4 asks for of RelatedPerson."""
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def number(kind: str, value: str) -> Resource:
    """An Identifier of one of the kinds of `NUMBERS`."""
    held = NUMBERS[kind]
    coding = [build.coding(TYPES, held.type)] if held.type else []
    return build.without_empty(
        {
            "use": "secondary" if held.card else "official",
            "type": build.without_empty({"coding": coding, "text": held.display}),
            "system": NUMBER_SYSTEM + kind,
            "value": value,
        }
    )


def number_name(identifier: Mapping[str, Any]) -> str:
    """What a kind of number is called, in the reader's language."""
    system = str(identifier.get("system", ""))
    if system == SYSTEM:
        return _("Resident identity card")
    if system == resources.MEDICAL_RECORD_NUMBER:
        return _("Record number")
    kind = NUMBERS.get(system.removeprefix(NUMBER_SYSTEM))
    return _(kind.title) if kind else build.concept_text(identifier.get("type")) or system


def with_extension(patient: Resource, url: str, system: str, code: str | None, display: str) -> Resource:
    """A Patient with a coded extension; as it is where `code` is None."""
    if code is None:
        return patient
    others = [each for each in patient.get("extension") or () if each.get("url") != url]
    return {
        **patient,
        "extension": [*others, {"url": url, "valueCodeableConcept": build.concept(system, code, display)}],
    }


def coded(patient: Resource, url: str) -> str | None:
    """The code of a coded extension of a Patient."""
    return build.first_code(resources.extension(patient, url).get("valueCodeableConcept"))


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a patient: a title to be translated, and the text; with `code`, a code to be put into
    words, or a message to be translated."""

    title: str
    text: str
    code: bool = False


def facts(patient: Resource) -> list[Fact]:
    """What is known of a patient, in the order of the form; blank where it is not known."""
    names = [each for each in patient.get("name") or () if each.get("use") == "old"]
    address: Resource = next(iter(patient.get("address") or ()), {})
    contacts = [
        " ".join(
            filter(
                None,
                [
                    _(title_of(RELATIONSHIPS, (each.get("relationship") or [None])[0])),
                    build.person_name({"name": [each["name"]]}) if "name" in each else "",
                    *(one.get("value", "") for one in each.get("telecom") or ()),
                ],
            )
        )
        for each in patient.get("contact") or ()
    ]
    found = [
        Fact(N_("Name"), build.person_name(patient)),
        Fact(N_("Former names"), "、".join(build.person_name({"name": [each]}) for each in names)),
        Fact(N_("Sex"), str(patient.get("gender", "unknown")), code=True),
        Fact(N_("Birth date"), str(patient.get("birthDate", ""))),
        Fact(N_("ID number"), build.find_identifier(patient, SYSTEM) or ""),
        Fact(N_("Phone"), "、".join(str(each.get("value", "")) for each in patient.get("telecom") or ())),
        Fact(N_("Address"), str(address.get("text") or "".join(address.get("line") or ()))),
        Fact(N_("Nationality"), title_of(COUNTRIES, nationality_of(patient)), code=True),
        Fact(N_("Ethnic group"), build.concept_text(_extended(patient, ETHNICITY))),
        Fact(N_("Civil state"), title_of(MARITAL, patient.get("maritalStatus")), code=True),
        Fact(N_("Occupation"), title_of(OCCUPATIONS, _extended(patient, OCCUPATION)), code=True),
        Fact(N_("Contact person"), "；".join(contacts)),
    ]
    if described := resources.extension(patient, resources.NOTE).get("valueString"):
        found.append(Fact(N_("Description"), str(described)))
    if "multipleBirthInteger" in patient:
        found.append(Fact(N_("Order of birth"), str(patient["multipleBirthInteger"])))
    if "deceasedDateTime" in patient:
        found.append(Fact(N_("Deceased"), str(patient["deceasedDateTime"])[:16].replace("T", " ")))
    return found


def title_of(names: Named, concept: Resource | None) -> str:
    """The title of a CodeableConcept by its code, to be translated; of codes of others what they say."""
    code = build.first_code(concept)
    return names[code][1] if code and code in names else build.concept_text(concept)


def _extended(patient: Resource, url: str) -> Resource | None:
    return resources.extension(patient, url).get("valueCodeableConcept")


def nationality_of(patient: Resource) -> Resource | None:
    """The nationality of a Patient as a CodeableConcept."""
    held = resources.extension(patient, NATIONALITY)
    code: Resource = next((each for each in held.get("extension") or () if each.get("url") == "code"), {})
    return code.get("valueCodeableConcept")


def nationality(code: str) -> Resource:
    """The extension for a nationality (HL7, patient-nationality)."""
    system = "urn:xinglin:code:country" if code == ABROAD else "urn:iso:std:iso:3166"
    concept = build.concept(system, code, COUNTRIES[code][0])
    return {"url": NATIONALITY, "extension": [{"url": "code", "valueCodeableConcept": concept}]}
