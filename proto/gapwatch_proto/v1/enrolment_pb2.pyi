from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MachineIdentity(_message.Message):
    __slots__ = ("machine_id_hash", "dmi_uuid_hash", "hostname")
    MACHINE_ID_HASH_FIELD_NUMBER: _ClassVar[int]
    DMI_UUID_HASH_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    machine_id_hash: str
    dmi_uuid_hash: str
    hostname: str
    def __init__(self, machine_id_hash: _Optional[str] = ..., dmi_uuid_hash: _Optional[str] = ..., hostname: _Optional[str] = ...) -> None: ...

class EnrolRequest(_message.Message):
    __slots__ = ("token", "csr", "machine")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CSR_FIELD_NUMBER: _ClassVar[int]
    MACHINE_FIELD_NUMBER: _ClassVar[int]
    token: str
    csr: bytes
    machine: MachineIdentity
    def __init__(self, token: _Optional[str] = ..., csr: _Optional[bytes] = ..., machine: _Optional[_Union[MachineIdentity, _Mapping]] = ...) -> None: ...

class EnrolReply(_message.Message):
    __slots__ = ("status", "certificate_chain", "host_id", "ask_again_s", "log_key")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[EnrolReply.Status]
        ISSUED: _ClassVar[EnrolReply.Status]
        AWAITING_CONFIRMATION: _ClassVar[EnrolReply.Status]
    STATUS_UNSPECIFIED: EnrolReply.Status
    ISSUED: EnrolReply.Status
    AWAITING_CONFIRMATION: EnrolReply.Status
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_CHAIN_FIELD_NUMBER: _ClassVar[int]
    HOST_ID_FIELD_NUMBER: _ClassVar[int]
    ASK_AGAIN_S_FIELD_NUMBER: _ClassVar[int]
    LOG_KEY_FIELD_NUMBER: _ClassVar[int]
    status: EnrolReply.Status
    certificate_chain: _containers.RepeatedScalarFieldContainer[bytes]
    host_id: bytes
    ask_again_s: int
    log_key: bytes
    def __init__(self, status: _Optional[_Union[EnrolReply.Status, str]] = ..., certificate_chain: _Optional[_Iterable[bytes]] = ..., host_id: _Optional[bytes] = ..., ask_again_s: _Optional[int] = ..., log_key: _Optional[bytes] = ...) -> None: ...

class RenewRequest(_message.Message):
    __slots__ = ("host_id", "csr", "signature")
    HOST_ID_FIELD_NUMBER: _ClassVar[int]
    CSR_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    host_id: bytes
    csr: bytes
    signature: bytes
    def __init__(self, host_id: _Optional[bytes] = ..., csr: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...
