"""The picture that an authenticator app photographs."""

from markupsafe import Markup

from xinglin.platform.identity import Draft
from xinglin.platform.identity.factors import address_of

ISSUER = "Xinglin"
LONGEST_DRAFT = 400
"""Characters of a sealed draft that are looked at."""


def picture(draft: Draft, login: str) -> Markup:
    """The secret as a QR code: SVG without styles, black on white in every theme, since cameras want it so."""
    import segno  # late: few requests draw one

    code = segno.make(address_of(draft.secret, login=login, issuer=ISSUER), error="m", micro=False)
    # Made of figures alone; the login stands in it as black and white squares.
    return Markup(code.svg_inline(scale=4, dark="#000", light="#fff", border=4, omitsize=True))  # noqa: S704
