"""Languages: texts are English in the source and translated when somebody reads them.

Catalogues are `locales/<locale>.po` anywhere in the package, so that a capability carries its own; they are read once,
straight from the source that translators edit. The locale and the time zone belong to the task at hand (context
variables).
"""

import gettext as standard
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from string import Formatter
from zoneinfo import ZoneInfo

LOCALES = ("zh_CN", "en")
"""Languages there are, the usual one first."""

_locale: ContextVar[str] = ContextVar("locale", default=LOCALES[0])
_CHINA = ZoneInfo("Asia/Shanghai")
_zone: ContextVar[ZoneInfo] = ContextVar("zone", default=_CHINA)


class CatalogueError(Exception):
    """A catalogue is faulty: a placeholder is missing in a translation, or two catalogues disagree."""


def current_locale() -> str:
    """The locale in force."""
    return _locale.get()


@contextmanager
def use_locale(locale: str, zone: ZoneInfo | None = None) -> Iterator[None]:
    """Texts in the block are in `locale`, times in `zone` where one is given. Raises `ValueError` for no locale."""
    if locale not in LOCALES:
        raise ValueError(f"There is no locale {locale!r}; there are {', '.join(LOCALES)}.")
    token, zone_token = _locale.set(locale), _zone.set(zone or _zone.get())
    try:
        yield
    finally:
        _locale.reset(token)
        _zone.reset(zone_token)


def gettext(message: str) -> str:
    """The text in the locale in force; English where no translation is known. The empty text stays empty."""
    return translations(_locale.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, number: int) -> str:
    """The text for a number of things."""
    return translations(_locale.get()).ngettext(singular, plural, number)


def preload() -> None:
    """Reads all catalogues, so that no request has to."""
    for locale in LOCALES:
        translations(locale)


@cache
def translations(locale: str, package: str = "xinglin") -> standard.NullTranslations:
    """All catalogues of one locale together. Raises `CatalogueError`."""
    files = list(_catalogues(resources.files(package), f"{locale}.po"))
    if not files:
        return standard.NullTranslations()
    from babel.messages import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    whole = Catalog(locale=locale)
    for file in files:
        part = read_po(io.BytesIO(file.read_bytes()), locale=locale, abort_invalid=True)
        for message in part:
            if not message.id or not message.string or message.fuzzy:
                continue
            known = whole.get(message.id, message.context)
            if known is not None and known.string != message.string:
                raise CatalogueError(f"{file}: {message.id!r} is {known.string!r} in another catalogue.")
            _check_placeholders(_forms(message.id), _forms(message.string), str(file))
            whole[message.id] = message
    buffer = io.BytesIO()
    write_mo(buffer, whole)
    buffer.seek(0)
    return standard.GNUTranslations(buffer)


def _catalogues(folder: Traversable, name: str) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name == "locales" and entry.joinpath(name).is_file():
            yield entry.joinpath(name)
        elif entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield from _catalogues(entry, name)


def _forms(text: str | Sequence[str]) -> tuple[str, ...]:
    """The singular and plural forms of a message, or the one form it has."""
    return (text,) if isinstance(text, str) else tuple(text)


def _check_placeholders(message: tuple[str, ...], translated: tuple[str, ...], file: str) -> None:
    """A translation has the placeholders of its message: one that is lost or misspelt would fail in somebody's face."""

    def names(text: str) -> set[str]:
        try:
            return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        except ValueError:  # braces that are no placeholders
            return set()

    expected = names(message[-1])
    for text in translated:
        if names(text) != expected:
            raise CatalogueError(f"{file}: {text!r} must have the placeholders {sorted(expected)} of {message[-1]!r}.")


def format_money(amount: Decimal, currency: str = "CNY") -> str:
    """An amount of money as people of the locale write it: ¥1,234.50."""
    from babel.numbers import format_currency

    return format_currency(amount, currency, locale=_locale.get())


def format_number(number: Decimal | int) -> str:
    """A number as people of the locale write it, with the decimals it was written with: 1.50 is not 1.5 in medicine."""
    from babel.numbers import format_decimal

    exponent = Decimal(number).as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(number, pattern, locale=_locale.get())


def format_date(value: date | datetime) -> str:
    """A day, the moment's day in the zone in force: 2026-03-02 in Chinese, 2 Mar 2026 in English."""
    from babel.dates import format_date as formatted

    day = value.astimezone(_zone.get()).date() if isinstance(value, datetime) else value
    return formatted(day, "yyyy-MM-dd" if _locale.get() == "zh_CN" else "d MMM yyyy", locale=_locale.get())


def format_datetime(value: datetime) -> str:
    """A moment in the zone in force, to the minute. Raises `ValueError` for one without a zone."""
    if value.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    return f"{format_date(value)} {value.astimezone(_zone.get()):%H:%M}"
