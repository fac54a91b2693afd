"""Keeps the message catalogues: extracts every text from Python and templates, and updates `src/xinglin/locales`.

    python tools/messages.py            update the catalogues; new messages are added without a translation
    python tools/messages.py --check    change nothing; exit 1 where a catalogue lacks a message, holds one that nobody
                                        uses, lacks a translation, or a translation has other placeholders

English is the language of the messages themselves; its catalogue holds only what reads differently.
"""

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from xinglin.web.printing.press import texts_of

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "xinglin"
LOCALE = SOURCE / "locales"
LOCALES = ("zh_CN",)
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def typst(file: IO[bytes], *_given: Any, **_options: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """Extracts messages from a typst template, in the form that babel asks for."""
    for number, line in enumerate(file.read().decode().splitlines(), 1):
        for text in texts_of(line):
            yield number, "_", text, []


METHODS: list[tuple[str, Any]] = [
    ("**/templates/**.html", "jinja2"),
    ("**/templates/**.typ", typst),
    ("**.py", "python"),
]
OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def template() -> Catalog:
    """A catalogue of every message in the project, with the files that use it."""
    catalog = Catalog(project="Xinglin", charset="utf-8")
    found = extract_from_dir(SOURCE, METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",))
    # Without line numbers: a catalogue then changes only where a text does.
    for name, _line, message, comments, context in found:
        catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def path_of(locale: str) -> Path:
    """The file of a catalogue."""
    return LOCALE / f"{locale}.po"


def read(locale: str) -> Catalog:
    """A catalogue as it stands, empty where there is none yet."""
    path = path_of(locale)
    if not path.is_file():
        return Catalog(locale=locale, project="Xinglin", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update(locale: str, wanted: Catalog) -> None:
    """Adds new messages to a catalogue and drops those that nobody uses."""
    held = read(locale)
    fresh = Catalog(locale=locale, project="Xinglin", charset="utf-8")
    for message in sorted(real(wanted), key=key):
        known = held.get(message.id, message.context)
        text = known.string if known is not None else ("", "") if message.pluralizable else ""
        names = sorted({name for name, _line in message.locations})
        fresh.add(message.id, text, locations=[(name, 0) for name in names], context=message.context)
    buffer = BytesIO()
    write_po(buffer, fresh, width=120, include_lineno=False, omit_header=False, ignore_obsolete=True)
    path = path_of(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The time of writing says nothing that the history does not.
    lines = [line for line in buffer.getvalue().decode().splitlines() if not re.match(r'"(POT|PO)-[CR]', line)]
    path.write_text("\n".join(line for line in lines if not line.startswith("# ")) + "\n", encoding="utf-8")


def faults(locale: str, wanted: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, one line each."""
    held = read(locale)
    needed = {key(message) for message in real(wanted)}
    for message in sorted(real(wanted), key=key):
        known = held.get(message.id, message.context)
        if known is None:
            yield f"{locale}: not in the catalogue: {key(message)!r}"
            continue
        texts = known.string if isinstance(known.string, tuple | list) else (known.string,)
        if not texts or not texts[0]:
            yield f"{locale}: not translated: {key(message)!r}"
        for text in filter(None, texts):
            if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(key(message))):
                yield f"{locale}: other placeholders: {key(message)!r} -> {text!r}"
    for message in real(held):
        if key(message) not in needed:
            yield f"{locale}: nobody uses: {key(message)!r}"


def real(catalog: Catalog) -> Iterator[Message]:
    """The messages without the header."""
    return (message for message in catalog if message.id)


def key(message: Message) -> str:
    """The English text that names a message."""
    return str(message.id[0] if isinstance(message.id, tuple | list) else message.id)


def main(arguments: list[str]) -> int:
    """Updates or checks all catalogues."""
    wanted = template()
    if "--check" not in arguments:
        for locale in LOCALES:
            update(locale, wanted)
        return 0
    found = [fault for locale in LOCALES for fault in faults(locale, wanted)]
    print("\n".join(found) if found else f"Messages: {len(list(real(wanted)))}, all translated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
