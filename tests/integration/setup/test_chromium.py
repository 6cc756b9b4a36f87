"""Browser tests have a Chromium that draws pages and reaches this machine alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_chromium_draws_a_page_in_chinese(chromium: Browser) -> None:
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()

    page.set_content("<title>逐人销号</title><button>接送</button>")

    assert page.title() == "逐人销号"
    box = page.get_by_role("button", name="接送").bounding_box()
    assert box is not None
    assert box["width"] > 0
    context.close()
