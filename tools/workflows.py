"""Writes `docs/workflows.md` from the capabilities: their state tables as drawings, their commands and views.

With `--check` it writes nothing and exits with 1 where the page is not what the code says.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from xinglin.kernel.capability import Capability, Registry

PAGE = Path(__file__).resolve().parent.parent / "docs" / "workflows.md"
HEAD = """# Capabilities and their workflows

Written by `tools/workflows.py` from the declarations; `./run check` keeps it equal to the code. Words are in the
[glossary](glossary.md), how declarations work in the [essay on the kernel](kernel.md).
"""


def _of(capability: Capability, registry: Registry) -> Iterator[str]:
    yield f"\n## {capability.title} (`{capability.name}`)\n"
    if capability.needs:
        yield f"Calls commands of: {', '.join(capability.needs)}.\n"
    tables = [table for table in registry.tables.values() if table in capability.declared(type(table))]
    for table in tables:
        yield f"### {table.title}: {table.type}\n\n```mermaid\n{table.mermaid()}\n```\n"
        yield "| state | shown as | R4 status |\n|---|---|---|"
        yield from (f"| {state.code} | {state.title} | {state.status} |" for state in table.states)
        yield ""
    prefix = f"{capability.name}."
    commands = [command for name, command in registry.commands.items() if name.startswith(prefix)]
    yield "| command | what it does | permission |\n|---|---|---|"
    for command in commands:
        yield f"| `{command.name}` | {' '.join(command.description.split())} | `{command.permission}` |"
    views = [view for name, view in registry.views.items() if name.startswith(prefix)]
    if views:
        yield "\n| view | what it lists | permission |\n|---|---|---|"
        yield from (f"| `{view.name}` | {' '.join(view.description.split())} | `{view.permission}` |" for view in views)
    events = [event for name, event in registry.events.items() if name.startswith(prefix)]
    if events:
        yield "\n| event | what has happened | about |\n|---|---|---|"
        yield from (f"| `{event.name}` | {event.title} | {event.subject} |" for event in events)
    yield "\n| role | permissions |\n|---|---|"
    grants = ((role, given) for role, given in capability.grants.items() if given)
    yield from (f"| {role} | {', '.join(f'`{permission}`' for permission in given)} |" for role, given in grants)


def page() -> str:
    """The whole page."""
    registry = Registry.discover()
    parts = [line for capability in registry.capabilities.values() for line in _of(capability, registry)]
    return HEAD + "\n".join(parts) + "\n"


def main() -> int:
    """Writes the page, or checks it."""
    text = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print("docs/workflows.md: up to date" if same else "docs/workflows.md differs; run tools/workflows.py")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
