"""Puts the filters of a search into SQL (the pieces are in sql/search.sql)."""

from collections.abc import Sequence
from typing import Any

from xinglin.fhir.search.dates import Span
from xinglin.fhir.search.positions import RADIUS
from xinglin.fhir.search.query import (
    AllOf,
    AnyOf,
    ChainFilter,
    DateFilter,
    Filter,
    Guard,
    HasFilter,
    IdFilter,
    MissingFilter,
    NearFilter,
    Not,
    NumberFilter,
    NumberRange,
    StretchFilter,
    StringFilter,
    TermFilter,
    TextFilter,
    WordsFilter,
)
from xinglin.store.cursors import queries
from xinglin.store.statistics import Statistics

# What each prefix asks of a resource's span [d.low, d.high) (FHIR R4, Search, prefixes). For ge and le, the span of
# the resource reaches beyond the value's, or lies within it; both are written so that an index on one bound serves.
_SPANS = {
    "eq": "d.low >= {low} AND d.low < {high} AND d.high <= {high}",
    "ne": "NOT (d.low >= {low} AND d.high <= {high})",
    "gt": "d.high > {high}",
    "lt": "d.low < {low}",
    "ge": "(d.high >= {low} AND (d.low >= {low} OR d.high > {high}))",
    "le": "(d.low <= {high} AND (d.high <= {high} OR d.low < {low}))",
    "sa": "d.low >= {high}",
    "eb": "d.high <= {low}",
    "ap": "d.low < {high} AND d.high > {low}",
    "po": "d.low < {high} AND d.high > {low}",
}
# The same for lastUpdated, a moment, which lies before, in or after the value's span.
_MOMENTS = {
    "eq": "{r}.updated >= {low} AND {r}.updated < {high}",
    "ne": "({r}.updated < {low} OR {r}.updated >= {high})",
    "gt": "{r}.updated >= {high}",
    "lt": "{r}.updated < {low}",
    "ge": "{r}.updated >= {low}",
    "le": "{r}.updated < {high}",
    "sa": "{r}.updated >= {high}",
    "eb": "{r}.updated < {low}",
    "ap": "{r}.updated >= {low} AND {r}.updated < {high}",
}
# And of a number's interval [d.low, d.high]: eq and ne ask for what rounds to the value, the others for the value.
_NUMBERS = {
    "eq": "d.low >= {low} AND d.low < {high} AND d.high < {high}",
    "ne": "NOT (d.low >= {low} AND d.high < {high})",
    "gt": "d.high > {high}",
    "lt": "d.low < {low}",
    "ge": "d.high >= {low}",
    "le": "d.low <= {high}",
    "sa": "d.low > {high}",
    "eb": "d.high < {low}",
    "ap": "d.low <= {high} AND d.high >= {low}",
}

# And of a single number, the start or end of a stretch.
_POINTS = {
    "eq": "({column} >= {low} AND {column} < {high})",
    "ne": "NOT ({column} >= {low} AND {column} < {high})",
    "gt": "{column} > {high}",
    "lt": "{column} < {low}",
    "ge": "{column} >= {low}",
    "le": "{column} <= {high}",
    "sa": "{column} > {high}",
    "eb": "{column} < {low}",
    "ap": "({column} >= {low} AND {column} <= {high})",
}


class Conditions:
    """Conditions as SQL, with their parameters.

    With `hidden`, values stand in subqueries of their own, so that the planner does not look at them: PostgreSQL then
    finds that one plan is as good as another, and after five times plans no more. How a search goes must then follow
    from its form. Without, every search is planned for its values.
    """

    def __init__(self, statistics: Statistics, *, hidden: bool) -> None:
        self.statistics = statistics
        self.hidden = hidden
        self.parameters: dict[str, Any] = {}
        self._aliases = 0

    def value(self, value: Any, type: str) -> str:
        """A placeholder for a value of a type."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"(SELECT %({name})s::{type})" if self.hidden else f"%({name})s::{type}"

    def all_of(self, filters: Sequence[Filter], r: str) -> str:
        """All filters, each with a leading AND; terms that are required are one condition, intersected by the index."""
        required = [w.terms[0] for w in filters if isinstance(w, TermFilter) and len(w.terms) == 1 and not w.negated]
        others = [w for w in filters if not (isinstance(w, TermFilter) and len(w.terms) == 1 and not w.negated)]
        pieces = [queries.all_terms.format(r=r, p=self.value(literal(required), "bigint[]"))] if required else []
        return "".join(f"\nAND {piece}" for piece in (*pieces, *(self.piece(wanted, r) for wanted in others)))

    def one_by_one(self, terms: Sequence[int], r: str) -> str:
        """Frequent terms, looked for in each row instead of in their index."""
        pieces = (queries.frequent_term.format(r=r, p=self.value(term, "bigint")) for term in terms)
        return "".join(f"\nAND {piece}" for piece in pieces)

    def piece(self, wanted: Filter, r: str) -> str:
        """One filter as a condition on the row `r`."""
        match wanted:
            case TermFilter(terms, negated):
                found = queries.any_term.format(r=r, p=self.value(literal(terms), "bigint[]"))
                return f"NOT ({found})" if negated else str(found)
            case IdFilter(ids):
                return str(queries.ids.format(r=r, p=self.value(list(ids), "text[]")))
            case Not(inner):
                return f"NOT ({self.piece(inner, r)})"
            case Guard(inner):
                return self.piece(inner, r)
            case AllOf(filters):
                return f"(true{self.all_of(filters, r)})"
            case AnyOf(filters):
                return f"({' OR '.join(self.piece(inner, r) for inner in filters) or 'false'})"
            case ChainFilter() | HasFilter():
                return self.through(wanted, r)
        return self.own_value(wanted, r)

    def own_value(self, wanted: Filter, r: str) -> str:
        """A filter on the values of the row in one of the tables beside it."""
        match wanted:
            case StringFilter():
                return self.string(wanted, r)
            case WordsFilter(alternatives, everywhere):
                template = queries.all_texts if everywhere else queries.narrative
                lists = ([part(word, ending=False) for word in words] for words in alternatives)
                return f"({' OR '.join(template.format(r=r, p=self.value(each, 'text[]')) for each in lists)})"
            case TextFilter(number, texts):
                either = " OR ".join(self.beginning(text) for text in texts)
                return str(queries.by_text.format(r=r, parameter=number, texts=either))
            case MissingFilter(table, number, present):
                found = queries.any_value.format(r=r, table=table, parameter=number)
                return str(found) if present else f"NOT {found}"
            case DateFilter(None, spans):
                return f"({' OR '.join(self.span(_MOMENTS, prefix, span, r) for prefix, span in spans)})"
            case DateFilter(number, spans):
                either = " OR ".join(f"({self.span(_SPANS, prefix, span, r)})" for prefix, span in spans)
                return str(queries.date.format(r=r, parameter=number, spans=either))
            case NearFilter():
                return self.near(wanted, r)
            case StretchFilter(number, start, end):
                both = f"{self.point(start, 'd.low')} AND {self.point(end, 'd.high')}"
                return str(queries.number.format(r=r, parameter=number, spans=both))
            case NumberFilter(number, ranges):
                either = " OR ".join(f"({self.number(wanted_range)})" for wanted_range in ranges)
                return str(queries.number.format(r=r, parameter=number, spans=either))
        raise TypeError(f"{type(wanted).__name__} must be resolved before it becomes SQL")

    def through(self, wanted: ChainFilter | HasFilter, r: str) -> str:
        """A chain or `_has`: from the few that match, or else from each row."""
        self._aliases += 1
        t = f"r{self._aliases}"
        few = rare(wanted.filter, self.statistics)
        if isinstance(wanted, ChainFilter):
            template, kind = (queries.chain if few else queries.chain_each), wanted.target
        else:
            template, kind = (queries.has if few else queries.has_each), wanted.source
        inner = wanted.filter.filters if isinstance(wanted.filter, AllOf) else (wanted.filter,)
        number = f"'{wanted.parameter_term}'::bigint"
        filters = self.all_of(inner, t)
        return str(template.format(r=r, t=t, number=number, type=f"'{kind}'", filters=filters, targets=queries.targets))

    def string(self, wanted: StringFilter, r: str) -> str:
        """Texts by their beginning, or by a part whose pairs of characters the row must have."""
        if not wanted.anywhere:
            either = " OR ".join(self.beginning(text) for text in wanted.texts)
            return str(queries.string.format(r=r, parameter=wanted.parameter, texts=either))
        pieces = []
        for text, pairs in zip(wanted.texts, wanted.pairs, strict=True):
            found = queries.part.format(p=self.value(part(text, ending=wanted.ending), "text"))
            piece = queries.string.format(r=r, parameter=wanted.parameter, texts=found)
            if pairs:
                piece = f"{queries.all_terms.format(r=r, p=self.value(literal(pairs), 'bigint[]'))} AND {piece}"
            pieces.append(f"({piece})")
        return f"({' OR '.join(pieces)})"

    def beginning(self, text: str) -> str:
        """Values that start with a text."""
        low, high = self.value(text, "text"), self.value(after_all(text), "text")
        return str(queries.beginning.format(low=low, high=high))

    def span(self, templates: dict[str, str], prefix: str, span: Span, r: str) -> str:
        """One prefixed span of time."""
        low, high = self.value(span.low, "timestamptz"), self.value(span.high, "timestamptz")
        return templates[prefix].format(low=low, high=high, r=r)

    def point(self, wanted: NumberRange, column: str) -> str:
        """One prefixed number, as a condition on a column."""
        low, high = self.value(wanted.interval.low, "numeric"), self.value(wanted.interval.high, "numeric")
        return _POINTS[wanted.prefix].format(column=column, low=low, high=high)

    def near(self, wanted: NearFilter, r: str) -> str:
        """A distance from a position."""
        south, north = (self.value(bound, "numeric") for bound in wanted.latitudes)
        bounds = [(self.value(low, "numeric"), self.value(high, "numeric")) for low, high in wanted.longitudes]
        return str(
            queries.near.format(
                r=r,
                latitude=wanted.latitude_parameter,
                longitude=wanted.longitude_parameter,
                south=south,
                north=north,
                ranges=" OR ".join(f"(o.low >= {west} AND o.low <= {east})" for west, east in bounds),
                at_latitude=self.value(wanted.latitude, "float8"),
                at_longitude=self.value(wanted.longitude, "float8"),
                diameter=2 * RADIUS,
                metres=self.value(wanted.metres, "float8"),
            )
        )

    def number(self, wanted: NumberRange) -> str:
        """One prefixed number, with its unit where it has one."""
        low, high = self.value(wanted.interval.low, "numeric"), self.value(wanted.interval.high, "numeric")
        found = _NUMBERS[wanted.prefix].format(low=low, high=high)
        if wanted.unit is not None:
            found += f" AND d.unit = {self.value(wanted.unit, 'bigint')}"
        if wanted.code is not None:
            found += f" AND d.code = {self.value(wanted.code, 'bigint')}"
        return found


def rare(wanted: Filter, statistics: Statistics) -> bool:
    """Whether few resources meet a filter, and an index finds them: then a search starts from them."""
    match wanted:
        case TermFilter(terms, negated):
            return not negated and not any(statistics.frequent(term) for term in terms)
        case IdFilter() | TextFilter():
            return True
        case StringFilter(_, texts, anywhere, pairs):
            return all(pairs) if anywhere else all(len(text) > 1 or not text.isascii() for text in texts)
        case ChainFilter() | HasFilter():
            return rare(wanted.filter, statistics)
        case AllOf(filters):
            return any(rare(inner, statistics) for inner in filters)
        case AnyOf(filters):
            return all(rare(inner, statistics) for inner in filters)
    return False


def literal(terms: Sequence[int]) -> str:
    """Terms as an array literal."""
    return f"{{{','.join(map(str, terms))}}}"


def part(text: str, *, ending: bool) -> str:
    """The pattern for a text that contains another one, or ends with it."""
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}" if ending else f"%{escaped}%"


def after_all(text: str) -> str:
    """The least text behind all that start with this one, in the order of code points, which "C" is in UTF-8."""
    for index in range(len(text) - 1, -1, -1):
        code = ord(text[index]) + 1
        if code <= 0x10FFFF:
            return text[:index] + chr(0xE000 if 0xD800 <= code <= 0xDFFF else code)
    return "\U0010ffff" * (len(text) + 1)
