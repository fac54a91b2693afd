"""Asking the authority for the time stamps that signatures await."""

import base64
import logging

from xinglin.fhir.outcome import FhirError
from xinglin.kernel.application import Application
from xinglin.kernel.context import as_system
from xinglin.platform.crypto.timestamps import Authority, StampError

logger = logging.getLogger(__name__)

AT_ONCE = 200
"""Signatures of one round; the next round takes what is left."""

TRIES = 3
"""Failures one after another after which the authority is left alone until the next round."""


async def stamp_signatures(application: Application) -> int:
    """Stamps the signatures that have waited longest; tells how many.

    What it fails at stays awaited. Without an authority in the settings nothing is done.
    """
    authority = Authority.of(application.settings) if application.settings else None
    if authority is None:
        return 0
    done, failed, system = 0, 0, as_system("zh_CN")
    for row in (await application.view("signing.unstamped", {"limit": AT_ONCE}, system)).rows:
        try:
            answer = base64.b64encode(await authority.stamp(base64.b64decode(row.message))).decode()
            await application.execute("signing.stamp", {"signature": row.key, "answer": answer}, system)
        except (StampError, FhirError, ValueError) as error:
            logger.warning("No time stamp for %s: %s", row.key, error)
            failed += 1
            if failed == TRIES:
                break
        else:
            done, failed = done + 1, 0
    return done
