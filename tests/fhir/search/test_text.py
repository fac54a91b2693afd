"""Text as it is searched."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinglin.fhir.search.text import LONGEST, normalised, sounds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ann  Marie ", "ann marie"),
        ("Müller", "muller"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ＡＢＣ１２３", "abc123"),
        ("欧阳　修", "欧阳 修"),
        ("É", "e"),
        ("한국", "한국"),
    ],
)
def test_normalised(text: str, expected: str) -> None:
    assert normalised(text) == expected


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
    assert len(normalised(text)) <= LONGEST


def test_sounds_of_chinese_names() -> None:
    assert sounds("张三丰") == ("zhangsanfeng", "zsf")
    assert sounds("Ann") == ()
    assert sounds("欧") == ("ou", "o")


def test_names_without_han_characters_do_not_load_pypinyin() -> None:
    code = "import sys; from xinglin.fhir.search.text import sounds; sounds('Müller'); print('pypinyin' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
