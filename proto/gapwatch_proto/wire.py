"""Names, versions and limits of the wire, so that both ends mean the same."""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSIONS: Final = (1,)
"""Versions this program speaks, best first; ``hello`` offers them, ``welcome`` picks one."""

COLLECTION_SERVICE: Final = "gapwatch.v1.Collection"
STREAM_METHOD: Final = "/gapwatch.v1.Collection/Stream"
ENROLMENT_SERVICE: Final = "gapwatch.v1.Enrolment"
ENROL_METHOD: Final = "/gapwatch.v1.Enrolment/Enrol"
RENEW_METHOD: Final = "/gapwatch.v1.Enrolment/Renew"

MESSAGE_BYTES_MAX: Final = 4 * 1024 * 1024
"""One gRPC message; larger ones are refused before they are parsed."""

BATCH_RECORDS_MAX: Final = 512
"""Records in one batch; measured: 512 a batch is where gRPC and SQLite are both near their best."""

BATCH_BYTES_MAX: Final = 2 * 1024 * 1024

COLLECTOR_TLS_NAME: Final = "collector.gapwatch"
"""DNS name in every collector certificate: agents pin the root and check this name, not the address they dial."""
