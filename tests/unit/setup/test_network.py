"""A test cannot leave the machine, by name or by number."""

from __future__ import annotations

import socket

import pytest

from tests.fixtures.network import NetworkClosed, is_local


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", b"127.0.0.1", "", None]
)
def test_this_machine_is_local(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["example.org", "10.0.0.1", "203.0.113.7", "2001:db8::1", "localhost.example.org"]
)
def test_every_other_machine_is_not(host: object) -> None:
    assert not is_local(host)


def test_connecting_elsewhere_raises() -> None:
    with socket.socket() as sock, pytest.raises(NetworkClosed):
        sock.connect(("203.0.113.7", 80))


def test_looking_up_a_name_raises() -> None:
    with pytest.raises(NetworkClosed):
        socket.getaddrinfo("example.org", 80)


def test_loopback_stays_open() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname(), timeout=5) as client:
        assert client.getpeername() == server.getsockname()
