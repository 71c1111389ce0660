"""The engine with the models of the extra, loaded once a test run."""

import functools
import importlib.util
from pathlib import Path

from gapwatch_agent.inspector.ocr_engine import Engine


@functools.cache
def engine() -> Engine:
    spec = importlib.util.find_spec("rapidocr")
    assert spec is not None
    assert spec.origin is not None
    return Engine(Path(spec.origin).parent / "models")
