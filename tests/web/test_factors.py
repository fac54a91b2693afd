"""The picture for an authenticator app."""

from xml.etree import ElementTree as ET

import segno

from xinglin.platform.identity import Draft
from xinglin.platform.identity.factors import address_of
from xinglin.web.factors import ISSUER, picture


def test_the_whole_picture_is_shown_without_styles() -> None:
    draft = Draft(b"12345678901234567890", "sealed")
    svg = ET.fromstring(str(picture(draft, "李<敏>")))
    modules = segno.make(address_of(draft.secret, login="李<敏>", issuer=ISSUER), error="m", micro=False)
    width = modules.symbol_size(border=4)[0] * 4
    assert svg.get("viewBox") == f"0 0 {width} {width}"
    assert not any("style" in element.attrib for element in svg.iter())
