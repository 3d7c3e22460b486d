"""The one retry layer: what asks central for anything asks through here, and nothing below tries twice."""

from __future__ import annotations

import random
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from agent.errors import RetryLater
from agent.ports import Clock
from agent.rules.backoff import next_delay


class GaveWay(Exception):
    """The tries were broken off: the station stops, or others wait. Not a failure; come back in `wait_s`."""

    def __init__(self, trouble: RetryLater, attempts: int, wait_s: float) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble
        self.attempts = attempts
        """Failed tries so far, for `attempts_before` of the next time."""
        self.wait_s = wait_s


def retrying(
    clock: Clock,
    *,
    stopping: Callable[[], bool],
    give_way: Callable[[], bool] = lambda: False,
    attempts_before: int = 0,
    jitter: Callable[[], float] = random.random,
) -> Retrying:
    """Tries again on RetryLater for ever; every other error comes out at once.

    Raises (when called or iterated):
        GaveWay: `stopping()` or `give_way()` became true after a failure, or during the wait that followed it.
    """
    return Retrying(
        retry=retry_if_exception_type(RetryLater),
        wait=lambda state: _wait(state, attempts_before, jitter),
        stop=lambda _: stopping() or give_way(),
        sleep=lambda _: None,  # the waiting is done in before_sleep, which knows what it waits for
        retry_error_callback=lambda state: _give_way(state, attempts_before, state.upcoming_sleep),
        before_sleep=lambda state: _sleep(state, clock, attempts_before, lambda: stopping() or give_way()),
    )


def _wait(state: RetryCallState, attempts_before: int, jitter: Callable[[], float]) -> float:
    return next_delay(attempts_before + state.attempt_number, jitter(), _trouble(state).retry_after_s)


def _sleep(state: RetryCallState, clock: Clock, attempts_before: int, broken_off: Callable[[], bool]) -> None:
    until_ns = clock.now().monotonic_ns + int(state.upcoming_sleep * 1e9)
    clock.wait(state.upcoming_sleep, broken_off)
    if broken_off():
        left_s = max(until_ns - clock.now().monotonic_ns, 0) / 1e9
        _give_way(state, attempts_before, left_s)


def _give_way(state: RetryCallState, attempts_before: int, wait_s: float) -> None:
    raise GaveWay(_trouble(state), attempts_before + state.attempt_number, wait_s)


def _trouble(state: RetryCallState) -> RetryLater:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, RetryLater) else RetryLater("unknown trouble")
