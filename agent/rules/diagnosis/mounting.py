"""Whether this station can mount a camera's card."""

from __future__ import annotations

from dataclasses import dataclass

from agent.rules.diagnosis.finding import Finding, note, ok, problem, warning

ACTIONS = (
    "org.freedesktop.udisks2.filesystem-mount",
    "org.freedesktop.udisks2.filesystem-mount-other-seat",
)
"""What polkit must allow to a user that has no seat."""


@dataclass(frozen=True, slots=True)
class MounterFacts:
    user: str
    """Who runs this `doctor`."""
    version: str = ""
    """Of UDisks2."""
    trouble: str = ""
    """Why UDisks2 does not answer."""
    refused: tuple[str, ...] = ()
    """Actions that polkit would not allow to this user."""
    unasked: str = ""
    """Why polkit could not be asked."""
    has_udev_rule: bool = True


def judge_own_mounter(is_root: bool) -> Finding:
    """The agent mounts cards itself."""
    if is_root:
        return ok("mounter", "This user is root: an agent of this user mounts cards itself.")
    return problem(
        "mounter",
        '[card] mounter = "kernel", and this user is not root.',
        "No USB camera can be mounted: nothing is copied, and nothing is lost.",
        "Remove the line, so that UDisks2 mounts; or run the agent as root.",
    )


def judge_udisks(found: MounterFacts) -> Finding:
    """UDisks2 mounts cards for the agent."""
    if found.trouble:
        return problem(
            "mounter",
            f"UDisks2 does not answer: {found.trouble}",
            "No USB camera can be mounted: nothing is copied, and nothing is lost.",
            "apt install udisks2; systemctl status udisks2 dbus",
        )
    saw = f"UDisks2 {found.version} answers"
    if found.refused:
        return problem(
            "mounter",
            f"{saw}; polkit does not let {found.user} mount ({', '.join(_short(one) for one in found.refused)}).",
            "No USB camera can be mounted by an agent of this user: nothing is copied, and nothing is lost.",
            "Run doctor as the agent's user (runuser -u dock-agent -- dock-agent doctor …). If it says the same, "
            "install the polkit rule 50-dock-agent.rules; it names the user dock-agent.",
        )
    if found.unasked:
        return note(
            "mounter", f"{saw}; polkit could not be asked: {found.unasked}", "Whether it lets us mount is not known."
        )
    if not found.has_udev_rule:
        return warning(
            "mounter",
            f"{saw}, and polkit lets {found.user} mount; the udev rule 90-dock-agent.rules is missing.",
            "Nobody says which card was left clean: every card is copied, and none is erased.",
            "Install it from the package, then udevadm control --reload-rules, and dock the cameras anew.",
        )
    return ok("mounter", f"{saw}, and polkit lets {found.user} mount.")


def _short(action: str) -> str:
    return action.rpartition(".")[2]
