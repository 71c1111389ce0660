"""The regular expressions of rules: RE2, so that no pattern can be made slow by what an event says.

What RE2 lacks (look-around, back-references) is refused when the rule loads. RE2 would also print each refusal to
stderr past our logging; here it says it only to us.
"""

from __future__ import annotations

import re
from typing import Final, cast

from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RE2RegexEngine, RegexPattern

_INLINE: Final = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"))
_MEMORY_BYTES_MAX: Final = 8 * 1024 * 1024


class QuietRE2(RE2RegexEngine):
    """pySigma's RE2 engine with a bound on memory and without its own error output."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        options = self._re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY_BYTES_MAX
        inline = "".join(letter for flag, letter in _INLINE if flags & flag)
        return cast("RegexPattern", self._re2.compile(f"(?{inline}){pattern}" if inline else pattern, options))


POLICY: Final = SigmaPolicy(regex_engine=QuietRE2())
"""What pySigma may do for us: nothing external, and regular expressions by this engine."""
