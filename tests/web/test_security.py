"""Addresses that lead to this server, and those that do not."""

import pytest

from xinglin.web.security import POLICY, local_address


@pytest.mark.parametrize("given", ["/", "/doctor?visit=Encounter%2F1&tab=record", "/a#b"])
def test_own_pages_are_kept(given: str) -> None:
    assert local_address(given) == given


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "doctor",
        "//elsewhere",
        "/\\elsewhere",
        "https://elsewhere",
        "javascript:alert(1)",
        "/\n/elsewhere",
        "/\t/x",
    ],
)
def test_all_others_lead_home(given: str | None) -> None:
    assert local_address(given) == "/"
    assert local_address(given, "/queue") == "/queue"


def test_the_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in POLICY
    assert "script-src 'self'" in POLICY
    assert "frame-ancestors 'none'" in POLICY
