"""After warming up, judging imports nothing."""

import subprocess
import sys

_PROGRAM = """
import sys
from gapwatch_agent.inspector import service, warm
warm.warm_up()
before = set(sys.modules)
assert not {"zipfile", "pyseccomp", "google.protobuf", "grpc", "asyncio"} & before, before
warm.warm_up.cache_clear()
warm.warm_up()
assert set(sys.modules) == before
"""


def test_nothing_is_imported_twice_and_nothing_heavy_at_all():
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True, timeout=60)
