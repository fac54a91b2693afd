"""What entries of the record are called by people."""

from xinglin.kernel.capability import Registry
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

OTHERS = {
    "session.open": N_("Sign-in"),
    "session.close": N_("Sign-out"),
    "fhir.get": N_("FHIR: reading and searching"),
    "fhir.head": N_("FHIR: reading and searching"),
    "fhir.post": N_("FHIR: creating, bundles and operations"),
    "fhir.put": N_("FHIR: updating"),
    "fhir.patch": N_("FHIR: patching"),
    "fhir.delete": N_("FHIR: deleting"),
}


DETAILS = {"replayed": N_("sent again")}
"""Words of the record on how something went; others, such as the address of what was read, stand for themselves."""


def detail_of(word: str) -> str:
    """A detail of an entry in the reader's language."""
    return _(DETAILS[word]) if word in DETAILS else word


def title_of(registry: Registry, name: str) -> str:
    """The title of what was done or shown, in the reader's language; what nobody offers any more stands for itself."""
    plain = name.removesuffix(".csv")
    for book in (registry.commands, registry.views, registry.screens, registry.printouts):
        if plain in book:
            title = _(book[plain].title)
            return title if plain == name else _("{title}, as a file").format(title=title)
    return _(OTHERS[name]) if name in OTHERS else name
