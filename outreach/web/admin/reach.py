"""How far an administrator's word reaches: a campaign of the own area, or the whole place."""

from __future__ import annotations

from outreach.campaigns.queries import get_campaign
from outreach.kernel.errors import NotAllowed, NotFound
from outreach.places.queries import children
from outreach.web.acting import Acting


def answers_for_all(act: Acting) -> bool:
    """Say whether the visitor's areas are the whole place."""
    return all(act.scope.covers(area.path) for area in children(act.session, None))


def check_answers_for_all(act: Acting) -> None:
    """Raise NotAllowed unless they are: what everybody gets is not one street's to change."""
    if not answers_for_all(act):
        raise NotAllowed("whole_place_only")


def check_campaign(act: Acting, campaign_id: int | None) -> None:
    """Raise unless the visitor may steer this campaign; None and a campaign of no area mean everybody's."""
    area_id = get_campaign(act.session, campaign_id).area_id if campaign_id is not None else None
    if area_id is None:
        check_answers_for_all(act)
    else:
        act.check_area(area_id)


def may_steer(act: Acting, area_id: int | None, *, is_for_all: bool) -> bool:
    """Say whether the visitor may steer a campaign of this area; ``is_for_all`` was asked once before."""
    return is_for_all or (area_id is not None and _covers(act, area_id))


def _covers(act: Acting, area_id: int) -> bool:
    try:
        act.check_area(area_id)
    except NotFound:
        return False  # outside looks like missing
    return True
