from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class User(_message.Message):
    __slots__ = ("uid", "name")
    UID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    uid: int
    name: str
    def __init__(self, uid: _Optional[int] = ..., name: _Optional[str] = ...) -> None: ...

class Process(_message.Message):
    __slots__ = ("pid", "start_ticks", "name", "path", "cmd_line", "parent_pid", "parent_name", "captured")
    PID_FIELD_NUMBER: _ClassVar[int]
    START_TICKS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CMD_LINE_FIELD_NUMBER: _ClassVar[int]
    PARENT_PID_FIELD_NUMBER: _ClassVar[int]
    PARENT_NAME_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_FIELD_NUMBER: _ClassVar[int]
    pid: int
    start_ticks: int
    name: str
    path: str
    cmd_line: str
    parent_pid: int
    parent_name: str
    captured: str
    def __init__(self, pid: _Optional[int] = ..., start_ticks: _Optional[int] = ..., name: _Optional[str] = ..., path: _Optional[str] = ..., cmd_line: _Optional[str] = ..., parent_pid: _Optional[int] = ..., parent_name: _Optional[str] = ..., captured: _Optional[str] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ("uid", "seat", "terminal")
    UID_FIELD_NUMBER: _ClassVar[int]
    SEAT_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_FIELD_NUMBER: _ClassVar[int]
    uid: str
    seat: str
    terminal: str
    def __init__(self, uid: _Optional[str] = ..., seat: _Optional[str] = ..., terminal: _Optional[str] = ...) -> None: ...

class Actor(_message.Message):
    __slots__ = ("process", "user", "effective_user", "session")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_USER_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    process: Process
    user: User
    effective_user: User
    session: Session
    def __init__(self, process: _Optional[_Union[Process, _Mapping]] = ..., user: _Optional[_Union[User, _Mapping]] = ..., effective_user: _Optional[_Union[User, _Mapping]] = ..., session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("syspath", "bus", "vendor_id", "product_id", "vendor_name", "product_name", "serial_number", "driver", "interfaces")
    SYSPATH_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    VENDOR_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    VENDOR_NAME_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_NAME_FIELD_NUMBER: _ClassVar[int]
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    INTERFACES_FIELD_NUMBER: _ClassVar[int]
    syspath: str
    bus: str
    vendor_id: str
    product_id: str
    vendor_name: str
    product_name: str
    serial_number: str
    driver: str
    interfaces: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, syspath: _Optional[str] = ..., bus: _Optional[str] = ..., vendor_id: _Optional[str] = ..., product_id: _Optional[str] = ..., vendor_name: _Optional[str] = ..., product_name: _Optional[str] = ..., serial_number: _Optional[str] = ..., driver: _Optional[str] = ..., interfaces: _Optional[_Iterable[str]] = ...) -> None: ...

class Medium(_message.Message):
    __slots__ = ("tag", "vendor_id", "product_id", "vendor_name", "product_name", "serial_number", "filesystem_id", "filesystem_type", "label", "size_bytes", "bus", "device_node", "syspath")
    TAG_FIELD_NUMBER: _ClassVar[int]
    VENDOR_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    VENDOR_NAME_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_NAME_FIELD_NUMBER: _ClassVar[int]
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FILESYSTEM_ID_FIELD_NUMBER: _ClassVar[int]
    FILESYSTEM_TYPE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_NODE_FIELD_NUMBER: _ClassVar[int]
    SYSPATH_FIELD_NUMBER: _ClassVar[int]
    tag: str
    vendor_id: str
    product_id: str
    vendor_name: str
    product_name: str
    serial_number: str
    filesystem_id: str
    filesystem_type: str
    label: str
    size_bytes: int
    bus: str
    device_node: str
    syspath: str
    def __init__(self, tag: _Optional[str] = ..., vendor_id: _Optional[str] = ..., product_id: _Optional[str] = ..., vendor_name: _Optional[str] = ..., product_name: _Optional[str] = ..., serial_number: _Optional[str] = ..., filesystem_id: _Optional[str] = ..., filesystem_type: _Optional[str] = ..., label: _Optional[str] = ..., size_bytes: _Optional[int] = ..., bus: _Optional[str] = ..., device_node: _Optional[str] = ..., syspath: _Optional[str] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("path", "name", "size", "sha256")
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    path: str
    name: str
    size: int
    sha256: str
    def __init__(self, path: _Optional[str] = ..., name: _Optional[str] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class MarkEvidence(_message.Message):
    __slots__ = ("part", "page", "zone", "text", "grammar")
    PART_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    GRAMMAR_FIELD_NUMBER: _ClassVar[int]
    part: str
    page: int
    zone: str
    text: str
    grammar: str
    def __init__(self, part: _Optional[str] = ..., page: _Optional[int] = ..., zone: _Optional[str] = ..., text: _Optional[str] = ..., grammar: _Optional[str] = ...) -> None: ...

class Mark(_message.Message):
    __slots__ = ("axis", "level", "level_text", "period", "period_text", "confidence", "evidence")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    LEVEL_TEXT_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    PERIOD_TEXT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    axis: str
    level: str
    level_text: str
    period: str
    period_text: str
    confidence: float
    evidence: _containers.RepeatedCompositeFieldContainer[MarkEvidence]
    def __init__(self, axis: _Optional[str] = ..., level: _Optional[str] = ..., level_text: _Optional[str] = ..., period: _Optional[str] = ..., period_text: _Optional[str] = ..., confidence: _Optional[float] = ..., evidence: _Optional[_Iterable[_Union[MarkEvidence, _Mapping]]] = ...) -> None: ...

class Label(_message.Message):
    __slots__ = ("carrier", "key", "value")
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    key: str
    value: str
    def __init__(self, carrier: _Optional[str] = ..., key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class Hint(_message.Message):
    __slots__ = ("kind", "part", "page", "zone", "text")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    part: str
    page: int
    zone: str
    text: str
    def __init__(self, kind: _Optional[str] = ..., part: _Optional[str] = ..., page: _Optional[int] = ..., zone: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Inspection(_message.Message):
    __slots__ = ("inspected", "reason", "type", "mark", "hints", "labels", "hint_list", "fingerprint")
    INSPECTED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    HINTS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    HINT_LIST_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    inspected: str
    reason: str
    type: str
    mark: Mark
    hints: int
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    hint_list: _containers.RepeatedCompositeFieldContainer[Hint]
    fingerprint: bytes
    def __init__(self, inspected: _Optional[str] = ..., reason: _Optional[str] = ..., type: _Optional[str] = ..., mark: _Optional[_Union[Mark, _Mapping]] = ..., hints: _Optional[int] = ..., labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ..., hint_list: _Optional[_Iterable[_Union[Hint, _Mapping]]] = ..., fingerprint: _Optional[bytes] = ...) -> None: ...

class Anchor(_message.Message):
    __slots__ = ("collector_ns", "round_trip_ns")
    COLLECTOR_NS_FIELD_NUMBER: _ClassVar[int]
    ROUND_TRIP_NS_FIELD_NUMBER: _ClassVar[int]
    collector_ns: int
    round_trip_ns: int
    def __init__(self, collector_ns: _Optional[int] = ..., round_trip_ns: _Optional[int] = ...) -> None: ...

class Witness(_message.Message):
    __slots__ = ("tree_size", "root_hash", "signed_at_ns", "signature")
    TREE_SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_HASH_FIELD_NUMBER: _ClassVar[int]
    SIGNED_AT_NS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    tree_size: int
    root_hash: bytes
    signed_at_ns: int
    signature: bytes
    def __init__(self, tree_size: _Optional[int] = ..., root_hash: _Optional[bytes] = ..., signed_at_ns: _Optional[int] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ("source", "reason", "count", "from_boottime_ns", "to_boottime_ns", "first_seq", "last_seq", "detail")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FROM_BOOTTIME_NS_FIELD_NUMBER: _ClassVar[int]
    TO_BOOTTIME_NS_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQ_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQ_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    source: str
    reason: str
    count: int
    from_boottime_ns: int
    to_boottime_ns: int
    first_seq: int
    last_seq: int
    detail: str
    def __init__(self, source: _Optional[str] = ..., reason: _Optional[str] = ..., count: _Optional[int] = ..., from_boottime_ns: _Optional[int] = ..., to_boottime_ns: _Optional[int] = ..., first_seq: _Optional[int] = ..., last_seq: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class SensorHealth(_message.Message):
    __slots__ = ("name", "mechanism", "state", "missing", "events", "dropped")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MECHANISM_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    name: str
    mechanism: str
    state: str
    missing: str
    events: int
    dropped: int
    def __init__(self, name: _Optional[str] = ..., mechanism: _Optional[str] = ..., state: _Optional[str] = ..., missing: _Optional[str] = ..., events: _Optional[int] = ..., dropped: _Optional[int] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("agent_version", "policy_version", "uptime_s", "spool_records", "spool_bytes", "oldest_unacked_s", "interval_s", "sensors")
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    UPTIME_S_FIELD_NUMBER: _ClassVar[int]
    SPOOL_RECORDS_FIELD_NUMBER: _ClassVar[int]
    SPOOL_BYTES_FIELD_NUMBER: _ClassVar[int]
    OLDEST_UNACKED_S_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    SENSORS_FIELD_NUMBER: _ClassVar[int]
    agent_version: str
    policy_version: int
    uptime_s: int
    spool_records: int
    spool_bytes: int
    oldest_unacked_s: int
    interval_s: int
    sensors: _containers.RepeatedCompositeFieldContainer[SensorHealth]
    def __init__(self, agent_version: _Optional[str] = ..., policy_version: _Optional[int] = ..., uptime_s: _Optional[int] = ..., spool_records: _Optional[int] = ..., spool_bytes: _Optional[int] = ..., oldest_unacked_s: _Optional[int] = ..., interval_s: _Optional[int] = ..., sensors: _Optional[_Iterable[_Union[SensorHealth, _Mapping]]] = ...) -> None: ...

class AgentStarted(_message.Message):
    __slots__ = ("agent_version", "hostname", "kernel", "os_name", "machine_id_hash", "clean", "user_mode")
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    OS_NAME_FIELD_NUMBER: _ClassVar[int]
    MACHINE_ID_HASH_FIELD_NUMBER: _ClassVar[int]
    CLEAN_FIELD_NUMBER: _ClassVar[int]
    USER_MODE_FIELD_NUMBER: _ClassVar[int]
    agent_version: str
    hostname: str
    kernel: str
    os_name: str
    machine_id_hash: str
    clean: bool
    user_mode: bool
    def __init__(self, agent_version: _Optional[str] = ..., hostname: _Optional[str] = ..., kernel: _Optional[str] = ..., os_name: _Optional[str] = ..., machine_id_hash: _Optional[str] = ..., clean: _Optional[bool] = ..., user_mode: _Optional[bool] = ...) -> None: ...

class AgentStopped(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class SensorState(_message.Message):
    __slots__ = ("sensor", "reason")
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    sensor: SensorHealth
    reason: str
    def __init__(self, sensor: _Optional[_Union[SensorHealth, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class DeviceActivity(_message.Message):
    __slots__ = ("device", "actor", "present_at_start")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    PRESENT_AT_START_FIELD_NUMBER: _ClassVar[int]
    device: Device
    actor: Actor
    present_at_start: bool
    def __init__(self, device: _Optional[_Union[Device, _Mapping]] = ..., actor: _Optional[_Union[Actor, _Mapping]] = ..., present_at_start: _Optional[bool] = ...) -> None: ...

class MediumActivity(_message.Message):
    __slots__ = ("medium", "mount_point", "mount_options", "actor", "actor_inferred", "present_at_start")
    MEDIUM_FIELD_NUMBER: _ClassVar[int]
    MOUNT_POINT_FIELD_NUMBER: _ClassVar[int]
    MOUNT_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ACTOR_INFERRED_FIELD_NUMBER: _ClassVar[int]
    PRESENT_AT_START_FIELD_NUMBER: _ClassVar[int]
    medium: Medium
    mount_point: str
    mount_options: str
    actor: Actor
    actor_inferred: bool
    present_at_start: bool
    def __init__(self, medium: _Optional[_Union[Medium, _Mapping]] = ..., mount_point: _Optional[str] = ..., mount_options: _Optional[str] = ..., actor: _Optional[_Union[Actor, _Mapping]] = ..., actor_inferred: _Optional[bool] = ..., present_at_start: _Optional[bool] = ...) -> None: ...

class FileActivity(_message.Message):
    __slots__ = ("action", "file", "source", "medium", "inspection", "actor", "act", "closed_boottime_ns")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    CLOSED_BOOTTIME_NS_FIELD_NUMBER: _ClassVar[int]
    action: str
    file: File
    source: File
    medium: Medium
    inspection: Inspection
    actor: Actor
    act: str
    closed_boottime_ns: int
    def __init__(self, action: _Optional[str] = ..., file: _Optional[_Union[File, _Mapping]] = ..., source: _Optional[_Union[File, _Mapping]] = ..., medium: _Optional[_Union[Medium, _Mapping]] = ..., inspection: _Optional[_Union[Inspection, _Mapping]] = ..., actor: _Optional[_Union[Actor, _Mapping]] = ..., act: _Optional[str] = ..., closed_boottime_ns: _Optional[int] = ...) -> None: ...

class RadioState(_message.Message):
    __slots__ = ("technology", "name", "state", "previous_state", "address", "device", "present_at_start")
    TECHNOLOGY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_STATE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    PRESENT_AT_START_FIELD_NUMBER: _ClassVar[int]
    technology: str
    name: str
    state: str
    previous_state: str
    address: str
    device: Device
    present_at_start: bool
    def __init__(self, technology: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[str] = ..., previous_state: _Optional[str] = ..., address: _Optional[str] = ..., device: _Optional[_Union[Device, _Mapping]] = ..., present_at_start: _Optional[bool] = ...) -> None: ...

class NetworkInterface(_message.Message):
    __slots__ = ("name", "index", "mac", "kind", "driver", "bus", "tethered", "device")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    MAC_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    BUS_FIELD_NUMBER: _ClassVar[int]
    TETHERED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    name: str
    index: int
    mac: str
    kind: str
    driver: str
    bus: str
    tethered: bool
    device: Device
    def __init__(self, name: _Optional[str] = ..., index: _Optional[int] = ..., mac: _Optional[str] = ..., kind: _Optional[str] = ..., driver: _Optional[str] = ..., bus: _Optional[str] = ..., tethered: _Optional[bool] = ..., device: _Optional[_Union[Device, _Mapping]] = ...) -> None: ...

class LinkState(_message.Message):
    __slots__ = ("interface", "state", "previous_state", "present_at_start")
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_STATE_FIELD_NUMBER: _ClassVar[int]
    PRESENT_AT_START_FIELD_NUMBER: _ClassVar[int]
    interface: NetworkInterface
    state: str
    previous_state: str
    present_at_start: bool
    def __init__(self, interface: _Optional[_Union[NetworkInterface, _Mapping]] = ..., state: _Optional[str] = ..., previous_state: _Optional[str] = ..., present_at_start: _Optional[bool] = ...) -> None: ...

class AddressState(_message.Message):
    __slots__ = ("interface", "address", "prefix_length", "state", "present_at_start")
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PREFIX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PRESENT_AT_START_FIELD_NUMBER: _ClassVar[int]
    interface: NetworkInterface
    address: str
    prefix_length: int
    state: str
    present_at_start: bool
    def __init__(self, interface: _Optional[_Union[NetworkInterface, _Mapping]] = ..., address: _Optional[str] = ..., prefix_length: _Optional[int] = ..., state: _Optional[str] = ..., present_at_start: _Optional[bool] = ...) -> None: ...

class DefaultRouteState(_message.Message):
    __slots__ = ("interface", "gateway", "family", "table", "metric", "state", "present_at_start")
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PRESENT_AT_START_FIELD_NUMBER: _ClassVar[int]
    interface: NetworkInterface
    gateway: str
    family: str
    table: int
    metric: int
    state: str
    present_at_start: bool
    def __init__(self, interface: _Optional[_Union[NetworkInterface, _Mapping]] = ..., gateway: _Optional[str] = ..., family: _Optional[str] = ..., table: _Optional[int] = ..., metric: _Optional[int] = ..., state: _Optional[str] = ..., present_at_start: _Optional[bool] = ...) -> None: ...
