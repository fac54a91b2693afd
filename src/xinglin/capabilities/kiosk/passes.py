"""A pass: what tells a kiosk for a few minutes who stands in front of it.

It is sealed with the installation's key and bound to the device, so nobody can make one, change one, or use it at
another kiosk; a page's address holds it and no patient.
"""

import base64
import binascii
from datetime import datetime, timedelta

from xinglin.fhir import json
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.platform.i18n import gettext as _
from xinglin.platform.sealing import SealError

LIFE = timedelta(minutes=3)
"""How long a pass counts; the page goes back to the start long before that when nobody touches it."""


def issue(context: Context, patient: str) -> str:
    """A pass for a patient at the device that acts."""
    content = json.dumps({"patient": patient, "until": (context.now + LIFE).isoformat()})
    return base64.urlsafe_b64encode(context.seal.seal(content, _about(context))).decode().rstrip("=")


def holder(context: Context, given: str) -> str:
    """The patient of a pass. Raises `Refused` for one that is over, of another device, or none at all."""
    try:
        padded = given + "=" * (-len(given) % 4)
        held = json.loads(context.seal.open(base64.urlsafe_b64decode(padded), _about(context)))
    except (SealError, binascii.Error, ValueError):
        raise Refused(_("Please identify yourself again"), expression="who") from None
    if datetime.fromisoformat(held["until"]) <= context.now:
        raise Refused(_("Please identify yourself again"), expression="who")
    return str(held["patient"])


def _about(context: Context) -> str:
    return f"kiosk\0{context.actor.account_id}"
