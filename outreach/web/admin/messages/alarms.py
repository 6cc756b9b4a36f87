"""What each alarm of sending says, and where it is mended."""

from __future__ import annotations

from flask import url_for

from outreach.contact.message_health import MessageHealth
from outreach.web.admin.attention import Matter
from outreach.web.i18n import _


def alarm_matter(alarm: str, health: MessageHealth) -> Matter:
    """Return an alarm in words, with what to do."""
    code, _colon, name = alarm.partition(":")
    if code in {"circuit_open", "failures_abnormal"}:
        return _of_route(code, name, health)
    return _of_sending(code, health)


def _of_route(code: str, name: str, health: MessageHealth) -> Matter:
    route = next(g for g in health.gateways if g.name == name)
    to, action = url_for("gateways.index"), _("Look at the routes")
    if code == "failures_abnormal":
        return Matter(
            title=_("%(name)s fails unusually often", name=name),
            detail=_(
                "%(share)s %% of the last day's messages failed. The list shows why.",
                share=round(100 * route.failed_share),
            ),
            tone="bad",
            to=url_for("message_health.stuck", kind="failed"),
            action=_("Look at the failures"),
        )
    if route.opened_reason == "by_hand":
        return Matter(
            title=_("%(name)s was taken out of use", name=name),
            detail=_("It stays so until somebody puts it back."),
            tone="info",
            to=to,
            action=action,
        )
    return Matter(
        title=_("%(name)s is left alone", name=name),
        detail=_(
            "It refused or failed (%(reason)s). It is tried again by itself; a wrong token or sender "
            "only a person mends.",
            reason=route.opened_reason or "–",
        ),
        tone="bad",
        to=to,
        action=action,
    )


def _of_sending(code: str, health: MessageHealth) -> Matter:
    if code == "worker_silent":
        return Matter(
            title=_("No worker is running"),
            detail=_("Nothing is sent. Start one: python -m outreach worker"),
            tone="bad",
        )
    if code == "queue_old":
        return Matter(
            title=_("Messages wait for too long"),
            detail=_(
                "The oldest has been due for %(minutes)s minutes. Is the worker running, is a route open?",
                minutes=round(health.queue_age_s / 60),
            ),
            tone="bad",
            to=url_for("message_health.index"),
            action=_("Look at the sending"),
        )
    if code == "clock_jumped":
        return Matter(
            title=_("The clock of this machine jumped"),
            detail=_("Nothing was sent twice. Check the time service (NTP)."),
        )
    return Matter(
        title=_("All sending stands still"),
        detail=health.paused_reason or _("Somebody paused it."),
        tone="bad",
        to=url_for("sending.index"),
        action=_("Look at the sending"),
    )
