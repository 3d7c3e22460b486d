"""Runs the real UsbSource and answers orders on stdin with JSON lines, under a mocked bus or not."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from dataclasses import asdict
from typing import Any

from agent.adapters.system_clock import SystemClock
from agent.adapters.udev import UsbSource


class Probe:
    def __init__(self, **options: Any) -> None:
        self._woken = threading.Event()
        self._source = UsbSource(SystemClock(), **options)
        self._source.start(self._woken.set)

    def truth(self) -> Any:
        seen = self._source.truth()
        present = [asdict(presence) for presence in seen.present.values()]
        return {"present": present, "listening": seen.listening, "at": asdict(seen.at)}

    def events(self) -> Any:
        return [asdict(event) for event in self._source.events()]

    def is_woken(self) -> bool:
        woken = self._woken.is_set()
        self._woken.clear()
        return woken

    def break_monitor(self) -> None:
        """Its descriptor becomes one that cannot be received from."""
        assert self._source._monitor is not None
        mute, other = socket.socketpair()
        os.dup2(mute.fileno(), self._source._monitor.fileno())
        mute.close()
        other.close()

    def close_monitor(self) -> None:
        assert self._source._monitor is not None
        os.close(self._source._monitor.fileno())

    def kill_thread(self) -> None:
        """The loop dies of something that nobody foresaw."""
        threading.excepthook = lambda _: None

        def die(*_: object) -> bool:
            raise ZeroDivisionError

        heard, self._source._heard = self._source._heard, die  # type: ignore[method-assign]
        self._restore = heard

    def is_dead(self) -> bool:
        assert self._source._thread is not None
        self._source._thread.join(0.05)
        if self._source._thread.is_alive():
            return False
        self._source._heard = self._restore  # type: ignore[method-assign]
        return True

    def close(self) -> None:
        self._source.close()


def main() -> None:
    probe = Probe(**json.loads(sys.argv[1]))
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        answer = getattr(probe, json.loads(line))()
        print(json.dumps(answer, default=str), flush=True)
    probe.close()


if __name__ == "__main__":
    main()
