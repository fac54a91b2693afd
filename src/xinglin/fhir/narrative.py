"""The rules for the XHTML of a narrative (FHIR R4, Narrative, Narrative Content; invariants txt-1 and txt-2)."""

from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml"

_HTML = (
    "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img"
    " ins del li ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var kbd"
    " address bdo center font map area"
)
_ELEMENTS = frozenset(_HTML.split())
"""HTML 4.0, chapters 7 to 11 (without section 4 of chapter 9) and 15, with <a> and images."""

_HTML_ATTRIBUTES = (
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset"
    " cite class clear color colspan compact coords datetime dir face frame headers height href hspace hreflang id lang"
    " longdesc name nowrap noshade rel rev rowspan rules scope shape size span src start style summary tabindex title"
    " type usemap valign value vspace width xml:lang xmlns xml:space"
)
_ATTRIBUTES = frozenset(_HTML_ATTRIBUTES.split())
_WITH_CONTENT = frozenset({"img"})
_ACTIVE = ("javascript:", "vbscript:")


class _Forbidden(ValueError):
    """An entity or document type is declared."""


def narrative_faults(text: str) -> list[str]:
    """What breaks the rules, in words; empty where nothing does."""
    checker = _Checker()
    parser = expat.ParserCreate()
    parser.StartElementHandler = checker.start
    parser.CharacterDataHandler = checker.characters
    parser.StartDoctypeDeclHandler = checker.doctype
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except (expat.ExpatError, _Forbidden) as error:
        return [f"the narrative is not well-formed XHTML: {error}"]
    if not checker.content:
        checker.faults.append("the narrative has no content but white space")
    return checker.faults


class _Checker:
    def __init__(self) -> None:
        self.faults: list[str] = []
        self.content = False
        self.depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.depth and name != "div":
            self.faults.append(f"the narrative must be a <div>, not <{name}>")
        if not self.depth and attributes.get("xmlns", XHTML) != XHTML:
            self.faults.append(f"the narrative must be of the namespace {XHTML}")
        self.depth += 1
        if name not in _ELEMENTS:
            self.faults.append(f"<{name}> is not accepted in a narrative")
        if name in _WITH_CONTENT:
            self.content = True
        for attribute, value in attributes.items():
            if attribute not in _ATTRIBUTES:
                self.faults.append(f"the attribute {attribute} of <{name}> is not accepted in a narrative")
            elif attribute in ("href", "src") and value.strip().lower().startswith(_ACTIVE):
                self.faults.append(f"the attribute {attribute} of <{name}> must not run a script")

    def characters(self, text: str) -> None:
        if not self.content and text.strip():
            self.content = True

    def doctype(self, *_: object) -> None:
        raise _Forbidden("a document type may not be declared")
