"""Barcodes: Code 128, which every scanner and every analyser reads, as SVG."""

from itertools import groupby

from barcode import Code128

HEIGHT = 36
QUIET = 10
"""Modules that must stay blank on either side (ISO/IEC 15417)."""


def code128(text: str) -> str:
    """The barcode of `text` (ASCII) as an SVG without styles, one unit a module; it scales to the box around it."""
    modules = "".join(Code128(text).build())
    path, at = [], QUIET
    for dark, run in groupby(modules):
        width = len(list(run))
        if dark == "1":
            path.append(f"M{at} 0h{width}v{HEIGHT}h-{width}z")
        at += width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {at + QUIET} {HEIGHT}" preserveAspectRatio="none"'
        f' shape-rendering="crispEdges"><path d="{"".join(path)}" fill="#000"/></svg>'
    )
