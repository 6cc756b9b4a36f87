"""The pages around campaigns and batches, in one list."""

from __future__ import annotations

from flask import Blueprint

from outreach.web.admin import (
    batches,
    campaigns,
    terms,  # noqa: F401 - adds its pages to those of campaigns
)

CAMPAIGN_PAGES: tuple[Blueprint, ...] = (campaigns.bp, batches.bp)
