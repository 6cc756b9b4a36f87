"""What a failed HTTP request means for the message in it: surely not sent, or nobody knows."""

from __future__ import annotations

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
)

from outreach.ports.messages import Broken, Later, Outcome, Unknown

CONNECT_S, READ_S = 5.0, 10.0
_WRONG_ADDRESS = (
    requests.exceptions.InvalidURL
    | requests.exceptions.MissingSchema
    | requests.exceptions.InvalidSchema
)


def after_exception(error: requests.RequestException) -> Outcome:
    """Tell "no byte was sent" from "it may have gone out": only the first may be tried again."""
    if isinstance(error, requests.exceptions.SSLError):
        return Broken("tls")
    if isinstance(error, _WRONG_ADDRESS):
        return Broken("address")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Later("connect_timeout")
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, NewConnectionError | ConnectTimeoutError | NameResolutionError):
        return Later("connection_refused")
    if isinstance(error, requests.exceptions.ProxyError):
        return Later("proxy")
    if isinstance(error, requests.exceptions.ReadTimeout):
        return Unknown("read_timeout")
    return Unknown("connection_lost")
