"""A notice as a picture that can be posted into a WeChat group, drawn in the font of the product."""

from __future__ import annotations

import io
import json
from pathlib import Path

import segno
import typst

from outreach.contact.notices import NoticeView

FORM = Path(__file__).with_name("notice.typ")
FONTS = FORM.parents[1] / "static" / "vendor" / "noto-sans-sc"
WIDTH_PX, WIDTH_PT = 1080, 380


def notice_picture(notice: NoticeView, *, language: str, ring_us: str) -> bytes:
    """Return the notice as a PNG, 1080 px wide, with the number to ring and its QR code.

    What somebody wrote goes in as data, never as markup: it can neither run nor read anything.
    """
    data = {
        "area": notice.area,
        "title": notice.title,
        "lines": [line for line in notice.body.splitlines() if line.strip()],
        "phone": notice.phone,
        "ring": ring_us,
        "qr": _qr(f"tel:{notice.phone}") if notice.phone else "",
        "lang": language,
    }
    made = typst.compile(
        str(FORM),
        font_paths=[str(FONTS)],
        sys_inputs={"notice": json.dumps(data)},
        format="png",
        ppi=72 * WIDTH_PX / WIDTH_PT,
    )
    # Without an output path the bytes come back; a notice is one page, however long.
    return made if isinstance(made, bytes) else made[0]


def _qr(text: str) -> str:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, border=2, light="#fff")
    return out.getvalue().decode()
