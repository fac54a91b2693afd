"""Time stamps by an authority (RFC 3161): proof that something was there at a time, by somebody else's clock.

The house sends a digest and a number of its own; the authority answers with a token that holds both and its time. A
token is checked against the roots that the settings name, at the time that it tells, so it stays good when the
authority's certificate has run out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from cryptography.x509 import Certificate, NameOID, load_der_x509_certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from xinglin.platform.settings import Settings, SettingsError

MEDIA_TYPE = "application/timestamp-reply"
"""Of what an authority answers (RFC 3161, 3.4)."""

LONGEST = 64 * 1024
"""Bytes of an answer that are taken; a token with its certificates has a few thousand."""

SECONDS = 10.0
_HEADERS: Mapping[str, str] = {"Content-Type": "application/timestamp-query", "Accept": MEDIA_TYPE}


class StampError(Exception):
    """There is no time stamp, or it does not fit; the text says why and holds nothing of the address."""


@dataclass(frozen=True)
class Stamp:
    """What a token says: when, and by the name of its certificate who."""

    at: datetime
    authority: str


class Authority:
    """Whom the house asks for time stamps, and whom it believes."""

    def __init__(self, url: str, roots: Sequence[Certificate]) -> None:
        self._url = url
        self._roots = list(roots)

    @classmethod
    def of(cls, settings: Settings) -> "Authority | None":
        """The authority of the settings; None where there is none. Raises `SettingsError` for roots that are none."""
        if settings.timestamp_url is None or settings.timestamp_roots is None:
            return None
        return cls(settings.timestamp_url, _roots(settings.timestamp_roots))

    async def stamp(self, message: bytes) -> bytes:
        """A checked answer of the authority over a message, DER. Raises `StampError`."""
        builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        answer = await self._asked(request.as_bytes())
        self._checked(answer, message, request.nonce)
        return answer

    def check(self, answer: bytes, message: bytes) -> Stamp:
        """What an answer says that was kept, if it is one over this message by somebody whom the roots vouch for.

        Raises `StampError`.
        """
        return self._checked(answer, message, None)

    async def _asked(self, request: bytes) -> bytes:
        try:
            async with (
                httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client,
                client.stream("POST", self._url, content=request, headers=_HEADERS) as answer,
            ):
                if answer.status_code != httpx.codes.OK:
                    raise StampError(f"The authority answered {answer.status_code}")
                content = b""
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > LONGEST:
                        raise StampError(f"The authority's answer has more than {LONGEST:,} bytes")
        except httpx.HTTPError as error:
            raise StampError(f"The authority can't be reached: {type(error).__name__}") from None
        return content

    def _checked(self, answer: bytes, message: bytes, nonce: int | None) -> Stamp:
        try:
            response = decode_timestamp_response(answer)
            builder = VerifierBuilder(roots=self._roots, nonce=nonce)
            builder.build().verify_message(response, message)
        except (VerificationError, ValueError) as error:
            raise StampError(f"The time stamp does not fit: {error}") from None
        return Stamp(response.tst_info.gen_time, _authority(response))


def _authority(response: TimeStampResponse) -> str:
    """The name in the certificate that signed; the check has seen that it is there."""
    signers = {(each.issuer, each.serial_number) for each in response.signed_data.signer_infos}
    held = [load_der_x509_certificate(each) for each in response.signed_data.certificates]
    subject = next(each.subject for each in held if (each.issuer, each.serial_number) in signers)
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else subject.rfc4514_string()


def _roots(path: Path) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"XINGLIN_TIMESTAMP_ROOTS: expected a file with certificates in PEM: {error}") from None
