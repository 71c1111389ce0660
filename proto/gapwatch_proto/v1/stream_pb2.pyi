from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AgentMessage(_message.Message):
    __slots__ = ("hello", "batch")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    batch: Batch
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., batch: _Optional[_Union[Batch, _Mapping]] = ...) -> None: ...

class CollectorMessage(_message.Message):
    __slots__ = ("welcome", "ack", "refusal", "policy")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    welcome: Welcome
    ack: Ack
    refusal: Refusal
    policy: SignedPolicy
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., ack: _Optional[_Union[Ack, _Mapping]] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ..., policy: _Optional[_Union[SignedPolicy, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("protocol_versions", "agent_version", "spool_id", "stated_host_id", "boot_id", "boottime_ns", "waiting_records", "waiting_worst_severity", "policy_version")
    PROTOCOL_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    SPOOL_ID_FIELD_NUMBER: _ClassVar[int]
    STATED_HOST_ID_FIELD_NUMBER: _ClassVar[int]
    BOOT_ID_FIELD_NUMBER: _ClassVar[int]
    BOOTTIME_NS_FIELD_NUMBER: _ClassVar[int]
    WAITING_RECORDS_FIELD_NUMBER: _ClassVar[int]
    WAITING_WORST_SEVERITY_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    protocol_versions: _containers.RepeatedScalarFieldContainer[int]
    agent_version: str
    spool_id: bytes
    stated_host_id: bytes
    boot_id: bytes
    boottime_ns: int
    waiting_records: int
    waiting_worst_severity: int
    policy_version: int
    def __init__(self, protocol_versions: _Optional[_Iterable[int]] = ..., agent_version: _Optional[str] = ..., spool_id: _Optional[bytes] = ..., stated_host_id: _Optional[bytes] = ..., boot_id: _Optional[bytes] = ..., boottime_ns: _Optional[int] = ..., waiting_records: _Optional[int] = ..., waiting_worst_severity: _Optional[int] = ..., policy_version: _Optional[int] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("protocol_version", "next_seq", "credits", "collector_ns", "tree_head")
    PROTOCOL_VERSION_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQ_FIELD_NUMBER: _ClassVar[int]
    CREDITS_FIELD_NUMBER: _ClassVar[int]
    COLLECTOR_NS_FIELD_NUMBER: _ClassVar[int]
    TREE_HEAD_FIELD_NUMBER: _ClassVar[int]
    protocol_version: int
    next_seq: int
    credits: int
    collector_ns: int
    tree_head: TreeHead
    def __init__(self, protocol_version: _Optional[int] = ..., next_seq: _Optional[int] = ..., credits: _Optional[int] = ..., collector_ns: _Optional[int] = ..., tree_head: _Optional[_Union[TreeHead, _Mapping]] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("header", "payload", "payload_evicted")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_EVICTED_FIELD_NUMBER: _ClassVar[int]
    header: bytes
    payload: bytes
    payload_evicted: bool
    def __init__(self, header: _Optional[bytes] = ..., payload: _Optional[bytes] = ..., payload_evicted: _Optional[bool] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("first_seq", "last_seq", "first_prev_hash", "last_hash", "worst_severity", "signature")
    FIRST_SEQ_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQ_FIELD_NUMBER: _ClassVar[int]
    FIRST_PREV_HASH_FIELD_NUMBER: _ClassVar[int]
    LAST_HASH_FIELD_NUMBER: _ClassVar[int]
    WORST_SEVERITY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    first_seq: int
    last_seq: int
    first_prev_hash: bytes
    last_hash: bytes
    worst_severity: int
    signature: bytes
    def __init__(self, first_seq: _Optional[int] = ..., last_seq: _Optional[int] = ..., first_prev_hash: _Optional[bytes] = ..., last_hash: _Optional[bytes] = ..., worst_severity: _Optional[int] = ..., signature: _Optional[bytes] = ...) -> None: ...

class BatchItem(_message.Message):
    __slots__ = ("record", "span")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    record: Record
    span: Span
    def __init__(self, record: _Optional[_Union[Record, _Mapping]] = ..., span: _Optional[_Union[Span, _Mapping]] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("spool_id", "items", "suite", "signature", "sent_boottime_ns")
    SPOOL_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    SUITE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SENT_BOOTTIME_NS_FIELD_NUMBER: _ClassVar[int]
    spool_id: bytes
    items: _containers.RepeatedCompositeFieldContainer[BatchItem]
    suite: int
    signature: bytes
    sent_boottime_ns: int
    def __init__(self, spool_id: _Optional[bytes] = ..., items: _Optional[_Iterable[_Union[BatchItem, _Mapping]]] = ..., suite: _Optional[int] = ..., signature: _Optional[bytes] = ..., sent_boottime_ns: _Optional[int] = ...) -> None: ...

class TreeHead(_message.Message):
    __slots__ = ("suite", "tree_size", "root_hash", "signed_at_ns", "signature")
    SUITE_FIELD_NUMBER: _ClassVar[int]
    TREE_SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_HASH_FIELD_NUMBER: _ClassVar[int]
    SIGNED_AT_NS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    suite: int
    tree_size: int
    root_hash: bytes
    signed_at_ns: int
    signature: bytes
    def __init__(self, suite: _Optional[int] = ..., tree_size: _Optional[int] = ..., root_hash: _Optional[bytes] = ..., signed_at_ns: _Optional[int] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Ack(_message.Message):
    __slots__ = ("spool_id", "seq", "credits", "collector_ns", "sent_boottime_ns", "tree_head")
    SPOOL_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    CREDITS_FIELD_NUMBER: _ClassVar[int]
    COLLECTOR_NS_FIELD_NUMBER: _ClassVar[int]
    SENT_BOOTTIME_NS_FIELD_NUMBER: _ClassVar[int]
    TREE_HEAD_FIELD_NUMBER: _ClassVar[int]
    spool_id: bytes
    seq: int
    credits: int
    collector_ns: int
    sent_boottime_ns: int
    tree_head: TreeHead
    def __init__(self, spool_id: _Optional[bytes] = ..., seq: _Optional[int] = ..., credits: _Optional[int] = ..., collector_ns: _Optional[int] = ..., sent_boottime_ns: _Optional[int] = ..., tree_head: _Optional[_Union[TreeHead, _Mapping]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("reason", "wanted_seq", "detail", "spool_id")
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_UNSPECIFIED: _ClassVar[Refusal.Reason]
        NUMBER_SKIPPED: _ClassVar[Refusal.Reason]
        BROKEN_CHAIN: _ClassVar[Refusal.Reason]
        MALFORMED: _ClassVar[Refusal.Reason]
        FORKED: _ClassVar[Refusal.Reason]
        BUSY: _ClassVar[Refusal.Reason]
    REASON_UNSPECIFIED: Refusal.Reason
    NUMBER_SKIPPED: Refusal.Reason
    BROKEN_CHAIN: Refusal.Reason
    MALFORMED: Refusal.Reason
    FORKED: Refusal.Reason
    BUSY: Refusal.Reason
    REASON_FIELD_NUMBER: _ClassVar[int]
    WANTED_SEQ_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    SPOOL_ID_FIELD_NUMBER: _ClassVar[int]
    reason: Refusal.Reason
    wanted_seq: int
    detail: str
    spool_id: bytes
    def __init__(self, reason: _Optional[_Union[Refusal.Reason, str]] = ..., wanted_seq: _Optional[int] = ..., detail: _Optional[str] = ..., spool_id: _Optional[bytes] = ...) -> None: ...

class SignedPolicy(_message.Message):
    __slots__ = ("suite", "policy", "signatures")
    SUITE_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    suite: int
    policy: bytes
    signatures: _containers.RepeatedCompositeFieldContainer[OfficerSignature]
    def __init__(self, suite: _Optional[int] = ..., policy: _Optional[bytes] = ..., signatures: _Optional[_Iterable[_Union[OfficerSignature, _Mapping]]] = ...) -> None: ...

class OfficerSignature(_message.Message):
    __slots__ = ("certificate", "signature")
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    certificate: bytes
    signature: bytes
    def __init__(self, certificate: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("version", "zone", "issued_at_ns", "heartbeat_interval_s", "controls")
    class ControlsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_NS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    CONTROLS_FIELD_NUMBER: _ClassVar[int]
    version: int
    zone: str
    issued_at_ns: int
    heartbeat_interval_s: int
    controls: _containers.ScalarMap[str, str]
    def __init__(self, version: _Optional[int] = ..., zone: _Optional[str] = ..., issued_at_ns: _Optional[int] = ..., heartbeat_interval_s: _Optional[int] = ..., controls: _Optional[_Mapping[str, str]] = ...) -> None: ...
