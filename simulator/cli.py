"""`dock-sim`: cameras to try the product with, without a camera."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator.card_folder import CardRefused, is_serial, serial_on, write_card
from simulator.clips import CardPlan
from simulator.full_city import command as full_city
from simulator.history import command as history
from simulator.it_month import command as it_month
from simulator.kansas_city import command as kansas_city
from simulator.layouts import LAYOUTS, PLAIN
from simulator.sizes import parse_size, show_size

_CAMERA = """\
Writes the card of a body-worn camera into DIR: videos that really play (H.264, one minute, a scene with the
serial and a running clock burnt in), a sidecar for each, a half-written last clip, and a marker file.

DIR appears, or is filled, in one step: the files are made in a hidden folder beside it and renamed when they
are whole, so an agent that watches the parent folder sees a camera being docked, never half a card. (If DIR is
a mount point, and with --add, the files appear one by one, each whole.)
"""

_CAMERA_MORE = """\
what is on the card:
  BWC.ID                                            the serial, in one line
  DCIM/20261122/BWC0412_20261122140503_0001.MP4     video; the name tells the start of the recording in UTC
  DCIM/20261122/BWC0412_20261122140503_0001.JSON    its sidecar: times and a GPS track, no officer
  ...
  DCIM/20261122/BWC0412_20261122141403_0004.MP4     the last clip, half as large and without an index, as if
                                                    the battery had died; it has no sidecar

Each file's modification time is the end of its recording. Recordings begin three minutes apart. A video takes
exactly --size bytes; what its pictures do not need is filled with noise, so no two videos are alike. The same
options give the same card, byte for byte, if --recorded-until is given.

With --profile the files have the names, folders, sidecars and local times of another model; what that model's
profile calls unproven is a guess here, too. gat947 is the card of a locked camera once it is storage.

examples:
  dock-sim camera /srv/cameras/BWC0412
  dock-sim camera /tmp/c2 --profile blackvue
  dock-sim camera /srv/cameras/BWC0412 --add --files 1
  dock-sim camera /mnt/card --serial BWC0413 --files 20 --size 2GiB --seed 7
  dock-sim camera /tmp/c1 --recorded-until 2026-11-22T14:00:00-06:00

exit status:
  0  the card is there      1  it could not be written, and nothing was left behind      2  wrong usage
"""


_DEMO = """\
Builds a small world of real processes in a fresh temporary folder and tells what happens as it happens: a camera
is docked, copied, receipted and erased; another is pulled too early and finished at the other station; central is
killed while footage is on its way; a station is killed in the middle of a copy. One camera does not come back: its
supervisor is told, and told how it ended; another stands in a dead station: IT is told, and no officer is accused.
All the while somebody watches the cards from outside. Then every promise is checked against what the cameras held,
what central really stored, and what is in the mailbox.

Without --once the world lives on: pages are open to look at, and cameras come and go until Ctrl-C.
"""

_DEMO_MORE = """\
Everything listens on free ports of this machine only. All processes end with the demo, and the folder is removed.

exit status:
  0    every promise held (and, without --once, Ctrl-C ended it)
  1    a promise was broken, or the story broke off: the reason is on stderr
  130  interrupted with --once
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an ordinary exit, so that it cleans up
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dock-sim", description="Simulated cameras for bwc-dock.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    camera = commands.add_parser(
        "camera",
        help="write a card with playable videos into a folder",
        description=_CAMERA,
        epilog=_CAMERA_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    camera.add_argument(
        "directory", metavar="DIR", type=Path, help="the card: a folder that is empty or not there yet"
    )
    camera.add_argument("--serial", type=_serial, metavar="S", help="the camera's serial (default: the name of DIR)")
    camera.add_argument(
        "--files",
        type=_count,
        default=3,
        metavar="N",
        help="playable videos; the half-written clip comes on top (default: 3; 0: a card without recordings)",
    )
    camera.add_argument(
        "--size", type=_size, default="64MiB", help="bytes of each video, such as 512KiB or 10GiB (default: 64MiB)"
    )
    camera.add_argument(
        "--profile",
        choices=sorted(LAYOUTS),
        default=PLAIN,
        help=f"whose card it is, by the camera profile of that name (default: {PLAIN})",
    )
    camera.add_argument("--seed", type=_number, default=0, metavar="K", help="another seed, other bytes (default: 0)")
    camera.add_argument(
        "--recorded-until",
        type=_instant,
        metavar="T",
        help="every recording ended before this instant, RFC 3339 with offset (default: one hour ago)",
    )
    camera.add_argument("--add", action="store_true", help="put more clips on a card that is already there")
    camera.add_argument("--no-half-written", action="store_true", help="leave the half-written last clip out")
    camera.set_defaults(run=_camera)
    _add_demo(commands)
    kansas_city.add_to(commands)
    it_month.add_to(commands)
    full_city.add_to(commands)
    history.add_to(commands)
    return parser


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = commands.add_parser(
        "demo",
        help="a small world: central, three stations, five cameras, a mailbox",
        description=_DEMO,
        epilog=_DEMO_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    demo.add_argument("--once", action="store_true", help="end after the story instead of living on")
    demo.add_argument("--keep", action="store_true", help="leave the folder behind and say where it is")
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    from simulator.demo import running  # a camera needs none of it

    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))  # the terminal was closed: clean up first
    return running.run(once=options.once, keep=options.keep)


def _camera(options: argparse.Namespace) -> int:
    directory: Path = options.directory
    plan = CardPlan(
        serial=options.serial or (options.add and serial_on(directory)) or _serial_from(directory),
        recorded_until=options.recorded_until or datetime.now(UTC) - timedelta(hours=1),
        files=options.files,
        size=options.size,
        seed=options.seed,
        half_written=not options.no_half_written,
        model=options.profile,
    )
    progress = _Progress(sys.stderr.write)
    try:
        write_card(directory, plan, add=options.add, written=progress.written)
    except (CardRefused, OSError) as error:
        progress.end()
        print(f"dock-sim: error: {error}", file=sys.stderr)
        return 1
    progress.end()
    videos = "1 video" if plan.files == 1 else f"{plan.files} videos"
    print(f"{directory}: card of {plan.serial}, {videos} of {show_size(plan.size)}")
    return 0


def _serial_from(directory: Path) -> str:
    return directory.name or directory.resolve().name


class _Progress:
    """One line on a terminal or in a log, from the third second on, at most twice a second."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._started = self._told = time.monotonic()
        self._shown = False

    def written(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._started < 2 or (now - self._told < 0.5 and done < total):
            return
        self._told, self._shown = now, True
        rate = done / (now - self._started)
        self._write(f"\r{show_size(done)} of {show_size(total)}, {show_size(int(rate))}/s   ")
        sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            self._write("\n")


def _serial(text: str) -> str:
    if not is_serial(text):
        raise argparse.ArgumentTypeError(
            f"{text!r}: a serial is 1 to 64 letters, digits, dots, dashes or underscores"
        )
    return text


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def _count(text: str) -> int:
    count = _number(text)
    if not 0 <= count <= 100_000:
        raise argparse.ArgumentTypeError(f"{count} is not between 0 and 100000")
    return count


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no instant with offset, such as 2026-11-22T14:00:00Z")
    return instant


if __name__ == "__main__":
    sys.exit(main())
