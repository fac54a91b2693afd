"""Signing what was written, and looking later whether it is still that."""

from pydantic import Field

from xinglin.capabilities.signing import signatures
from xinglin.capabilities.signing.signatures import ALTERED, CHANGED, GONE, UNCHANGED, UNSEEN, Target, Verdict
from xinglin.fhir import json
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Json, Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.text import N_
from xinglin.platform.crypto.signers import revoke
from xinglin.platform.i18n import gettext as _

LONGEST = 80
"""Characters of a value that are told."""


class Sign(Input):
    """What is signed, as it is now."""

    targets: list[str] = Field(title=N_("Documents"), min_length=1, max_length=200)


@command("signing.sign", title=N_("Sign"), permission="signing.sign", done=N_("Signed"))
async def sign(context: Context, input: Sign) -> Resource:
    """Signs the present versions of resources, named as `Type/id`, with the caller's own key.

    The key is made at the first signature. What comes of it is a Provenance.
    """
    return await context.create(await signatures.signed(context, input.targets))


class Verify(Input):
    """A signature."""

    signature: str = Field(title=N_("Signature"), pattern=r"^Provenance/[A-Za-z0-9.-]{1,64}$")


@command("signing.verify", title=N_("Verify signature"), permission="signing.verify", done=N_("Signature verified"))
async def verify(context: Context, input: Verify) -> Resource:
    """Tells whether a signature fits, and every element that was changed since. Changes nothing.

    What comes of it is an OperationOutcome: an error where something is not as it was signed, a warning for each
    element that was changed later, in the order of the documents.
    """
    verdict = await signatures.verified(context, await context.read(input.signature))
    return operation_outcome(list(issues_of(verdict)))


class RevokeKeys(Input):
    """Nothing to be said: the caller's own keys."""


@command(
    "signing.revoke",
    title=N_("Revoke my signing key"),
    permission="signing.sign",
    done=N_("The key is revoked; the next signature makes another one"),
    tone="danger",
    confirm=N_("Revoke your key? What you have signed stays signed."),
)
async def revoke_keys(context: Context, _input: RevokeKeys) -> Resource:
    """Takes the caller's keys out of use, where somebody else may know one. What was signed before stays valid."""
    done = await revoke(context.connection, str(context.actor.practitioner), context.now)
    context.about(f"account/{context.actor.account_id}")
    return operation_outcome([Issue("information", "informational", _("{count} keys revoked").format(count=done))])


def issues_of(verdict: Verdict) -> list[Issue]:
    """A verdict in words."""
    who = _("signed by {signer} at {time}, {algorithm}").format(
        signer=verdict.signer, time=verdict.at, algorithm=verdict.algorithm
    )
    if verdict.stamped:
        who = f"{who}; {verdict.stamped}"
    if verdict.fault:
        return [Issue("error", "security", f"{verdict.fault} ({who})" if verdict.signer else verdict.fault)]
    severity = "information" if verdict.sound else "error"
    first = _("The signature fits") if verdict.sound else _("What the history has is not what was signed")
    return [Issue(severity, "informational" if verdict.sound else "security", f"{first}: {who}"), *_told(verdict)]


def _told(verdict: Verdict) -> list[Issue]:
    found = []
    for target in verdict.targets:
        if target.state == ALTERED:
            text = _("{document} is not what was signed").format(document=target.reference)
            found.append(Issue("error", "security", text))
        elif target.state in (GONE, UNSEEN):
            found.append(Issue("warning", "not-found", f"{target.reference}: {state_text(target)}"))
        elif target.state == CHANGED:
            for each in target.differences:
                text = f"{target.reference}: {value_text(each.before)} → {value_text(each.after)}"
                found.append(Issue("warning", "informational", text, each.path))
    return found


def state_text(target: Target) -> str:
    """What became of a target, for people."""
    texts = {
        ALTERED: _("not what was signed"),
        CHANGED: _("changed after signing"),
        GONE: _("deleted after signing"),
        UNCHANGED: _("as it was signed"),
        UNSEEN: _("not for you to see"),
    }
    return texts[target.state]


def value_text(value: Json) -> str:
    """A value in short; a dash where there is none."""
    if value is None:
        return "—"
    text = value if isinstance(value, str) else json.dumps(value).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
