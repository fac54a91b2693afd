"""What looks like a secret is found; what is accepted is not told again."""

import secrets
from pathlib import Path

from tests.tools.loading import load_tool

tool = load_tool("leaks")


def test_secrets_are_found_until_they_are_accepted(tmp_path: Path) -> None:
    key = "AKIA" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
    (tmp_path / "a.py").write_text(f'KEY = "{key}"\n', encoding="utf-8")
    begin = "-----BEGIN " + "PRIVATE KEY-----"
    (tmp_path / "b.pem").write_text(f"{begin}\n{secrets.token_hex(40)}\n", encoding="utf-8")
    (tmp_path / "c.py").write_text('name = "nothing here"\n', encoding="utf-8")
    found = tool.found_in(tmp_path, ["a.py", "b.pem", "c.py"])
    assert found.keys() == {"a.py", "b.pem"}
    told = tool.leaks(found, {})
    assert any(line.startswith("a.py: AWS Access Key, line 1") for line in told)
    assert not [line for line in told if key in line]
    assert tool.leaks(found, {name: set(several) for name, several in found.items()}) == []
    assert tool.leaks(found, {"b.pem": set(found["a.py"])}) == told, "accepted in that file only"
