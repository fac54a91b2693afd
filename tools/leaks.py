"""Looks for secrets in what is kept in the repository: keys, tokens, passwords.

    python tools/leaks.py             fails on what looks like a secret and is not accepted
    python tools/leaks.py --accept    accepts all that is there now; look at each of them first

What is accepted stands in `tools/leaks.json`, by file and SHA-1 of the text: examples, passwords of tests, hashes.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
ACCEPTED = ROOT / "tools" / "leaks.json"
LEFT_OUT = (".lock", "package-lock.json", ".po", ".png", ".svg", ".gz", "tools/leaks.json")
"""Ends of names of files that hold hashes of content, or no text."""
PLUGINS = (
    "AWSKeyDetector",
    "ArtifactoryDetector",
    "AzureStorageKeyDetector",
    "Base64HighEntropyString",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "HexHighEntropyString",
    "JwtTokenDetector",
    "KeywordDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SlackDetector",
    "StripeDetector",
)
LIMITS = {"Base64HighEntropyString": 4.5, "HexHighEntropyString": 3.0}
"""Bits per character from which a text counts as drawn at random."""
SETTINGS = {
    "plugins_used": [{"name": name, **({"limit": LIMITS[name]} if name in LIMITS else {})} for name in PLUGINS],
    # Nothing is asked elsewhere: whether a key works is nobody's business here.
    "filters_used": [
        {"path": f"detect_secrets.filters.heuristic.{name}"}
        for name in (
            "is_indirect_reference",
            "is_likely_id_string",
            "is_not_alphanumeric_string",
            "is_potential_uuid",
            "is_prefixed_with_dollar_sign",
            "is_sequential_string",
            "is_templated_secret",
        )
    ],
}


def tracked(root: Path) -> list[str]:
    """The files of the repository that are looked into."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.decode()
    return [name for name in listed.split("\0") if name and not name.endswith(LEFT_OUT)]


def found_in(root: Path, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """What looks like a secret: by file and SHA-1 of the text, its kind and line."""
    with transient_settings(SETTINGS):
        secrets = SecretsCollection(root=str(root))
        secrets.scan_files(*names)
        return {
            name: {each["hashed_secret"]: f"{each['type']}, line {each['line_number']}" for each in several}
            for name, several in sorted(secrets.json().items())
        }


def accepted(path: Path) -> dict[str, set[str]]:
    """What is accepted, by file."""
    return {name: set(hashes) for name, hashes in json.loads(path.read_text(encoding="utf-8")).items()}


def leaks(found: dict[str, dict[str, str]], known: dict[str, set[str]]) -> list[str]:
    """One line for each that is not accepted."""
    return [
        f"{name}: {what}"
        for name, several in found.items()
        for digest, what in several.items()
        if digest not in known.get(name, set())
    ]


def main(arguments: list[str]) -> int:
    """Looks, or accepts."""
    found = found_in(ROOT, tracked(ROOT))
    if "--accept" in arguments:
        kept = {name: sorted(several) for name, several in found.items()}
        ACCEPTED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        return 0
    faults = leaks(found, accepted(ACCEPTED))
    print("\n".join(faults) if faults else "Secrets: none but those that are accepted")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
