"""Makes the table of R4's composite search parameters and compartments: src/xinglin/fhir/search/r4.json.

    python tools/search_definitions.py            write the table
    python tools/search_definitions.py --check    write nothing; exit with 1 where the committed table would change

It reads the same package as tools/definitions.py, whose table holds the search parameters themselves.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from definitions import PACKAGE, ROOT, SHA256, VERSION, fetch, resources
from definitions import is_r4 as is_r4_type

TARGET = ROOT / "src" / "xinglin" / "fhir" / "search" / "r4.json"


def composites(data: Path) -> dict[str, Any]:
    """`Type.code` → [expression, [[code of the component's parameter, its expression], ...]]."""
    parameters = [p for p in resources(data / "search-parameters.json", "SearchParameter") if is_r4(p)]
    codes = {p["url"]: p["code"] for p in parameters}
    found = {}
    for parameter in parameters:
        if parameter["type"] == "composite":
            parts = [[codes[part["definition"]], part["expression"]] for part in parameter["component"]]
            found |= {f"{base}.{parameter['code']}": [parameter["expression"], parts] for base in parameter["base"]}
    return dict(sorted(found.items()))


def is_r4(parameter: dict[str, Any]) -> bool:
    """Whether HL7 defined this parameter for R4."""
    return parameter.get("version") == "4.0.1" and parameter["url"].startswith("http://hl7.org/fhir/SearchParameter/")


def compartments(data: Path) -> dict[str, dict[str, list[str]]]:
    """Compartment → resource type → the parameters by which a resource of the type belongs to it.

    HL7's `{def}`, the resource itself, is left out. The package's own file about the Patient compartment is not HL7's.
    """
    found = {}
    for definition in resources(data / "profiles-resources.json", "CompartmentDefinition"):
        members = {r["code"]: [p for p in r.get("param", ()) if p != "{def}"] for r in definition["resource"]}
        found[definition["code"]] = {type: codes for type, codes in sorted(members.items()) if codes}
    return dict(sorted(found.items()))


def summaries(data: Path) -> dict[str, list[str]]:
    """Resource type → paths below it of the elements that belong to its summary."""
    found = {}
    for structure in resources(data / "profiles-resources.json", "StructureDefinition"):
        if is_r4_type(structure) and structure["kind"] == "resource":
            elements = [e for e in structure["snapshot"]["element"][1:] if e.get("isSummary")]
            found[structure["type"]] = [e["path"].partition(".")[2].removesuffix("[x]") for e in elements]
    return dict(sorted(found.items()))


def build() -> str:
    """The table as JSON; the same text from the same package, always."""
    data = fetch()
    table = {
        "source": {
            "content": "FHIR R4 (4.0.1) definitions by HL7, CC0 1.0",
            "package": f"{PACKAGE} {VERSION}",
            "sha256": SHA256,
            "made_by": "tools/search_definitions.py",
        },
        "composites": composites(data),
        "compartments": compartments(data),
        "summaries": summaries(data),
    }
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).replace('],"', '],\n"') + "\n"


def main() -> int:
    """Writes or checks the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    made = build()
    if parser.parse_args().check:
        return 0 if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == made else 1
    TARGET.write_text(made, encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(made):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
