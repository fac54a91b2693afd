"""Signatures as R4 `Provenance`: what is signed, how it is written, and what can be said of it later.

What is signed is a manifest: who, when, and for each target its version with the digest of its canonical form. Manifest
and signature are a JWS (RFC 7515), in `Provenance.signature.data`. Each version is in the history, so it can be told
later whether it is what was signed, and what has changed since. Where the house has an authority for it, a second
signature in the Provenance is its time stamp (RFC 3161) over the data of the first; a tag says that it is awaited.
"""

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from xinglin.capabilities.signing import stamps
from xinglin.capabilities.signing.stamps import AWAITING
from xinglin.fhir import build
from xinglin.fhir.canonical import canonical, canonical_json
from xinglin.fhir.differences import Difference, differences
from xinglin.fhir.outcome import Forbidden, Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.platform.crypto import INTERNATIONAL, SM, Suite
from xinglin.platform.crypto.signers import private_key, public_key
from xinglin.platform.crypto.signing import ES256, PS256, SM2
from xinglin.platform.i18n import gettext as _
from xinglin.platform.sealing import Seal

PURPOSE = build.coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.1", "Author's Signature")
AUTHOR = build.concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author", "Author")
TYPE = "xinglin-signature+json"
_DIGESTS: Mapping[str, Suite] = {ES256.name: INTERNATIONAL, PS256.name: INTERNATIONAL, SM2.name: SM}

UNCHANGED, CHANGED, ALTERED, GONE, UNSEEN = "unchanged", "changed", "altered", "gone", "unseen"
"""What became of a target: it is as it was signed; it was changed since, and the history has both; what the history has
is not what was signed; it was deleted; or the one who asks may not see it."""


@dataclass(frozen=True)
class Target:
    """One version that was signed, such as `Composition/1/_history/3`, and what differs from it now."""

    reference: str
    state: str
    differences: Sequence[Difference] = ()


@dataclass(frozen=True)
class Verdict:
    """What can be said of a signature: whether it fits (`fault` says why not), by whom and when, and its targets.

    `at` is the time of the server; `stamped` says by which authority and when it was stamped, where it was.
    """

    fault: str
    signer: str = ""
    at: str = ""
    algorithm: str = ""
    targets: Sequence[Target] = field(default_factory=tuple)
    stamped: str = ""

    @property
    def sound(self) -> bool:
        """Whether the signature fits, and to what the history has."""
        return not self.fault and all(target.state != ALTERED for target in self.targets)


async def signed(context: Context, references: Sequence[str]) -> Resource:
    """The Provenance of the present versions of resources, signed by the actor. Raises `Refused`, `NotFound`."""
    who = context.actor.practitioner
    if who is None:
        raise Refused(_("Only people of staff can sign; this account names nobody"))
    assert isinstance(context.seal, Seal)
    algorithm = context.settings.signature_algorithm
    key = await private_key(context.connection, context.seal, who, context.now, algorithm=algorithm)
    suite, targets = _DIGESTS[key.signer.name], []
    for name in dict.fromkeys(references):
        resource = await context.read(name, lock=True)
        version = f"{reference(resource)}/_history/{resource['meta']['versionId']}"
        targets.append({"reference": version, "digest": suite.digest(canonical(resource)).hex()})
    at = build.instant(context.now)
    manifest = {"signer": who, "time": at, "purpose": PURPOSE["code"], "targets": targets}
    header = {"alg": key.signer.name, "kid": key.id, "typ": TYPE}
    message = b".".join(_encoded(canonical_json(part)) for part in (header, manifest))
    signature = await asyncio.to_thread(key.sign, message)
    author = build.reference(who, context.actor.name)
    return {
        "resourceType": "Provenance",
        "meta": {"tag": [AWAITING]},
        "target": [{"reference": target["reference"]} for target in targets],
        "recorded": at,
        "agent": [{"type": AUTHOR, "who": author}],
        "signature": [
            {
                "type": [PURPOSE],
                "when": at,
                "who": author,
                "targetFormat": "application/fhir+json",
                "sigFormat": "application/jose",
                "data": base64.b64encode(message + b"." + _encoded(signature)).decode(),
            }
        ],
    }


async def verified(context: Context, provenance: Resource) -> Verdict:
    """What can be said of a signature now. Nothing in the Provenance beside its data is believed."""
    try:
        encoded = base64.b64decode(provenance["signature"][0]["data"])
        header, manifest, signature = encoded.split(b".")
        head, said = orjson.loads(_decoded(header)), orjson.loads(_decoded(manifest))
        signer, at, targets = said["signer"], said["time"], [(t["reference"], t["digest"]) for t in said["targets"]]
    except (KeyError, IndexError, ValueError, TypeError, binascii.Error):
        return Verdict(_("This is no signature of this system"))
    key = await public_key(context.connection, str(head.get("kid")))
    shown = Verdict("", str(signer), str(at), str(head.get("alg")))
    if key is None or head.get("alg") != key.signer.name:
        return Verdict(_("It names a key that was never made here"), shown.signer, shown.at, shown.algorithm)
    fits = await asyncio.to_thread(key.signer.verify, key.point, header + b"." + manifest, _decoded(signature))
    stamped, fault = stamps.told(context.settings, provenance, encoded, datetime.fromisoformat(at))
    if not fits:
        fault = _("The signature does not fit what it says was signed")
    elif key.owner != signer:
        fault = _("The key belongs to somebody else than the one who is said to have signed")
    elif key.revoked is not None and datetime.fromisoformat(at) > key.revoked:
        fault = _("It was signed after the key had been revoked")
    suite = _DIGESTS[key.signer.name]
    seen = [await _target(context, name, digest, suite) for name, digest in targets] if not fault else []
    return Verdict(fault, shown.signer, shown.at, shown.algorithm, seen, stamped)


async def _target(context: Context, version: str, digest: str, suite: Suite) -> Target:
    type, id, _history, number = version.split("/")
    try:
        await context.read(f"{type}/{id}")
    except (NotFound, Forbidden):
        return Target(version, UNSEEN)
    except Gone:
        return Target(version, GONE)
    # As it is stored, since a mask or a hidden element has another digest; what is hidden is not told below.
    stored = context.repository.unlimited()
    try:
        then = await stored.vread(type, id, int(number))
    except (NotFound, Gone):
        return Target(version, ALTERED)
    if suite.digest(canonical(then)).hex() != digest:
        return Target(version, ALTERED)
    found = differences(then, await stored.read(type, id))
    concealed = context.concealed(type)
    told = [each for each in found if _root(each) not in concealed]
    return Target(version, CHANGED if found else UNCHANGED, told)


def _root(difference: Difference) -> str:
    return difference.path.split(".")[1].partition("[")[0].removeprefix("_")


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _decoded(text: bytes) -> Any:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
