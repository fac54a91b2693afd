"""The resident identity number of China (GB 11643-1999): 17 digits and a check character."""

from dataclasses import dataclass
from datetime import date

from xinglin.platform.i18n import gettext as _

SYSTEM = "urn:oid:2.16.156.10011.1.3"
"""The identifier system of resident identity numbers (OID of the national health information registry)."""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"


@dataclass(frozen=True)
class IdentityNumber:
    """A number that has been checked; `birth_date` and `gender` (FHIR code) follow from it."""

    value: str
    birth_date: date
    gender: str


def check_character(digits: str) -> str:
    """The check character for the first 17 digits (ISO 7064 MOD 11-2)."""
    return CHECK_CHARACTERS[
        sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % len(CHECK_CHARACTERS)
    ]


def parse_identity_number(text: str) -> IdentityNumber:
    """Checks form, birth date and check character.

    Raises:
        ValueError: says what is wrong with the number.
    """
    value = text.strip().upper()
    if len(value) != 18 or not value[:17].isascii() or not value[:17].isdigit():
        raise ValueError(_("The ID number has 17 digits and a check character"))
    try:
        born = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        raise ValueError(_("The ID number holds no valid birth date: {digits}").format(digits=value[6:14])) from None
    if value[17] != check_character(value[:17]):
        raise ValueError(_("The check character of the ID number does not fit; please compare it with the card"))
    return IdentityNumber(value, born, "male" if int(value[16]) % 2 else "female")
