"""The doors of a domestic-style gateway: replies and receipts that it pushes, admitted by its token."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from outreach.adapters.http_gateway import HttpGateway
from outreach.kernel.errors import InvalidInput, NotAllowed
from outreach.web.access import admitted_by_signature
from outreach.web.hooks.receiving import take_receipt
from outreach.web.visit import services
from outreach.workflows.pull_replies import hear_all

bp = Blueprint("http_gateway", __name__, url_prefix="/hooks/http")


def carries_the_token() -> None:
    """Admit requests that carry the gateway's token."""
    gateway = _gateway()
    token = request.headers.get(gateway.token_header, "") if gateway is not None else ""
    if gateway is None or not gateway.is_genuine(token):
        raise NotAllowed("signature")


@bp.post("/replies")
@admitted_by_signature(carries_the_token, "carries the gateway's token")
def replies() -> ResponseReturnValue:
    """Hear pushed replies."""
    gateway = _gateway()
    texts = gateway.pushed_replies(_told()) if gateway is not None else []
    hear_all(services().database, texts)
    return jsonify(code=0)


@bp.post("/receipts")
@admitted_by_signature(carries_the_token, "carries the gateway's token")
def receipts() -> ResponseReturnValue:
    """Keep pushed receipts; those of unknown messages are passed over."""
    gateway = _gateway()
    for receipt in gateway.pushed_receipts(_told()) if gateway is not None else []:
        take_receipt(receipt)
    return jsonify(code=0)


def _gateway() -> HttpGateway | None:
    found = (g for g in services().routes.gateways if isinstance(g, HttpGateway))
    return next(found, None)


def _told() -> object:
    if request.is_json:
        told = request.get_json(silent=True)
        if told is None:
            raise InvalidInput("unreadable", field="body")
        return told
    return request.form.to_dict()
