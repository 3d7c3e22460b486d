"""The program that a station names as `unlock_program`, for simulated cameras: it carries the agent's lines to the
socket of a simulated camera and the answers back. `python unlock_bridge.py SOCKET [--port=…]`; it needs nothing but
the standard library, so it starts quickly.
"""

from __future__ import annotations

import socket
import sys


def main() -> None:
    camera = socket.socket(socket.AF_UNIX)
    camera.connect(sys.argv[1])
    with camera, camera.makefile("rwb") as lines:
        for line in sys.stdin.buffer:
            lines.write(line)
            lines.flush()
            answer = lines.readline()
            if not answer:
                return
            sys.stdout.buffer.write(answer)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
