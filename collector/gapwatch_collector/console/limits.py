"""How often sign-in may be tried: a sliding window for each source address and one for all of them together."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

from gapwatch_collector.clock import Clock

_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whether a try may go on; ``retry_s`` tells when, and ``first_refusal`` whether it is worth an audit record."""

    allowed: bool
    retry_s: int = 0
    first_refusal: bool = False


class SignInLimit:
    """Bounded in addresses and in tries remembered for each. Thread-safe."""

    def __init__(
        self, clock: Clock, *, per_address: int = 10, together: int = 120, window_s: int = 60, addresses_max: int = 2048
    ) -> None:
        self._clock, self._window_ns = clock, window_s * _SECOND_NS
        self._per_address, self._together, self._addresses_max = per_address, together, addresses_max
        self._tries: OrderedDict[str, deque[int]] = OrderedDict()
        self._all: deque[int] = deque()
        self._refused_until: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def attempt(self, address: str) -> Attempt:
        """Count one try from this address."""
        now = self._clock.now_ns()
        with self._lock:
            tries = self._tries.setdefault(address, deque())
            self._tries.move_to_end(address)
            while len(self._tries) > self._addresses_max:
                self._tries.popitem(last=False)
            for window in (tries, self._all):
                while window and window[0] <= now - self._window_ns:
                    window.popleft()
            full = [
                window
                for window, most in ((tries, self._per_address), (self._all, self._together))
                if len(window) >= most
            ]
            if not full:
                tries.append(now)
                self._all.append(now)
                return Attempt(allowed=True)
            until = max(window[0] for window in full) + self._window_ns
            return Attempt(False, -(-(until - now) // _SECOND_NS), self._is_first_refusal(address, now, until))

    def _is_first_refusal(self, address: str, now: int, until: int) -> bool:
        if self._refused_until.get(address, 0) > now:
            return False
        self._refused_until[address] = until
        self._refused_until.move_to_end(address)
        while len(self._refused_until) > self._addresses_max:
            self._refused_until.popitem(last=False)
        return True
