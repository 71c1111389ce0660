"""Everything a reader gives for some bytes, taken the way the engine takes it."""

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.source import BytesSource, Embedded, StopReading


def read_all(reader, content, limits=None):
    """(fragments, [(name, content)] of the files inside, reasons) of all readings."""
    reasons, found, inside = [], [], []
    try:
        for reading in reader.read(BytesSource(content), limits or Limits(), reasons.append):
            for item in reading:
                if isinstance(item, Embedded):
                    inside.append((item.name, b"".join(item.content())))
                else:
                    found.append(item)
    except StopReading as stop:
        reasons.append(stop.reason)
    return found, inside, reasons
