"""Every page of every rail, as whoever works there first sees it: no fault, nothing cut off, nobody left out (axe)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.hospital import Station
from xinglin.operations.hospital import STAFF

Open = Callable[..., Station]
LOGINS = list({member.roles: member.login for member in reversed(STAFF)}.values())
"""One account for each kind of post."""

TAKEN = {"registration", "doctor", "pharmacy", "cashier", "audit", "patients", "duplicates"}
"""Stations of which there are pictures with somebody's record open."""


@pytest.mark.usefixtures("visit")
@pytest.mark.parametrize("login", sorted(LOGINS))
def test_every_page_of_the_rail(station: Open, pictures: Path, login: str) -> None:
    person = station(login)
    links = person.page.locator("nav.rail a[href^='/']").evaluate_all("found => found.map(each => each.pathname)")
    assert links, f"{login} has no page"
    for link in dict.fromkeys(links):
        person.go(link)
        assert person.accessibility() == [], link
        assert int(person.page.evaluate("document.documentElement.scrollWidth - innerWidth")) == 0, link
        name = link.strip("/").replace("/", "-")
        if name not in TAKEN:
            person.picture(pictures, f"{name}-1366x768")
