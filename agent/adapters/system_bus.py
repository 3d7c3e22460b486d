"""Calls over the system's D-Bus, one connection for each: nothing to share between bays, nothing to mend later."""

from __future__ import annotations

from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call
from jeepney.auth import AuthenticationError
from jeepney.bus import get_bus
from jeepney.io.blocking import DBusConnection, prep_socket

from agent.errors import RetryLater

CONNECT_WITHIN_S = 5.0
_NAMELESS = "org.freedesktop.DBus.Error.Failed"


class BusSilent(RetryLater):
    """The bus is not there, or nobody answered in time. Whether the call was carried out is not known."""

    code = "bus_silent"


class BusRefusal(Exception):
    """The other side answered with an error. Adapters translate it."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        """`org.freedesktop.UDisks2.Error.DeviceBusy` …"""
        self.text = text


class _Bounded(DBusConnection):  # type: ignore[misc]
    """jeepney says hello to the bus without a limit; nothing here may wait for ever."""

    def receive(self, *, timeout: float | None = None) -> Message:
        return super().receive(timeout=CONNECT_WITHIN_S if timeout is None else timeout)


def call(
    address: DBusAddress, method: str, signature: str = "", body: tuple[Any, ...] = (), *, within_s: float
) -> tuple[Any, ...]:
    """The answer to one call. Blocks for `within_s` and the time to connect, at most.

    Raises:
        BusSilent: no bus, or no answer in time.
        BusRefusal: the answer is an error.
    """
    try:
        with _connected() as bus:
            reply = bus.send_and_get_reply(new_method_call(address, method, signature, body), timeout=within_s)
    except TimeoutError:
        raise BusSilent(f"{method} was not answered within {within_s:.0f} s.", code="bus_timeout") from None
    except (OSError, EOFError, AuthenticationError, ValueError, RuntimeError) as error:
        raise BusSilent(f"The system's D-Bus cannot be reached ({error}).") from None
    if reply.header.message_type is MessageType.error:
        name = str(reply.header.fields.get(HeaderFields.error_name, _NAMELESS))
        raise BusRefusal(name, str(reply.body[0]) if reply.body else "")
    return tuple(reply.body)


def _connected() -> DBusConnection:
    sock = prep_socket(get_bus("SYSTEM"), timeout=CONNECT_WITHIN_S)
    try:
        return _Bounded(sock)
    except BaseException:
        sock.close()
        raise
