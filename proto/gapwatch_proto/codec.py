"""Event values to payload bytes and back.

Beside the stream's two ends this is the only importer of the generated messages. The mapping is by name: a value class
``Medium`` in ``events`` and a message ``Medium`` in ``v1/events.proto`` have the same fields, which a test holds
them to, so one table-driven walk does it and no line is spent per field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

from google.protobuf.message import DecodeError, Message

from gapwatch_proto import events
from gapwatch_proto.errors import MalformedPayloadError
from gapwatch_proto.events import PAYLOADS, Payload
from gapwatch_proto.kinds import Kind
from gapwatch_proto.v1 import events_pb2

_REPEATED_MAX: Final = 256
"""Entries of a repeated field that are read; an honest sender never comes near it."""


Writers = tuple[tuple[str, Callable[[Message, str, Any], None]], ...]
Reader = Callable[[Message], Any]
# One entry a class of the vocabulary, made when first needed: resolving annotations is slow.
_WRITERS: Final[dict[type, Writers]] = {}
_READERS: Final[dict[type, Reader]] = {}


def encode(payload: Payload) -> bytes:
    """The payload's bytes. Text that is not UTF-8 on the host (surrogates) is kept readable, escaped."""
    return _to_message(payload).SerializeToString()


def decode(kind: int, data: bytes) -> Payload:
    """Read a payload as the kind its header names.

    Raises MalformedPayloadError for a kind this program does not know and for bytes that are not that message.
    """
    try:
        value_class = PAYLOADS[Kind(kind)]
    except (ValueError, KeyError) as error:
        raise MalformedPayloadError(f"record kind {kind} is not known here") from error
    message = _message_class(value_class)()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise MalformedPayloadError(f"payload is not a {value_class.__name__}: {error}") from error
    return cast("Payload", _reader(value_class)(message))


def _message_class(value_class: type) -> type[Message]:
    return cast("type[Message]", getattr(events_pb2, value_class.__name__))


def _to_message(value: Any) -> Message:
    message = _message_class(type(value))()
    for name, write in _writers(type(value)):
        write(message, name, getattr(value, name))
    return message


def _writers(value_class: type) -> Writers:
    if value_class not in _WRITERS:
        _WRITERS[value_class] = _make_writers(value_class)
    return _WRITERS[value_class]


def _reader(value_class: type) -> Reader:
    if value_class not in _READERS:
        _READERS[value_class] = _make_reader(value_class)
    return _READERS[value_class]


def _write_scalar(message: Message, name: str, value: Any) -> None:
    setattr(message, name, value)


def _write_text(message: Message, name: str, value: str) -> None:
    setattr(message, name, value.encode("utf-8", "backslashreplace").decode())


def _write_nested(message: Message, name: str, value: Any) -> None:
    getattr(message, name).CopyFrom(_to_message(value))


def _write_texts(message: Message, name: str, values: tuple[str, ...]) -> None:
    getattr(message, name).extend(value.encode("utf-8", "backslashreplace").decode() for value in values)


def _write_many(message: Message, name: str, values: tuple[Any, ...]) -> None:
    getattr(message, name).extend(_to_message(value) for value in values)


def _make_writers(value_class: type) -> Writers:
    def writer(annotation: Any) -> Callable[[Message, str, Any], None]:
        if annotation is str:
            return _write_text
        if get_origin(annotation) is tuple:
            return _write_many if is_dataclass(get_args(annotation)[0]) else _write_texts
        return _write_nested if is_dataclass(annotation) else _write_scalar

    hints = get_type_hints(value_class)
    return tuple((field.name, writer(hints[field.name])) for field in fields(value_class))


def _make_reader(value_class: type) -> Reader:
    hints = get_type_hints(value_class)
    names = [field.name for field in fields(value_class)]
    if len(names) > 1 and not any(get_origin(hints[name]) or is_dataclass(hints[name]) for name in names):
        scalars = attrgetter(*names)  # one call for all fields: most of the time goes into the leaves of a payload
        return lambda message: value_class(*scalars(message))
    steps = tuple(_read_step(name, hints[name]) for name in names)

    def read(message: Message) -> Any:
        return value_class(*[step(message) for step in steps])

    return read


def _read_step(name: str, annotation: Any) -> Callable[[Message], Any]:
    if get_origin(annotation) is tuple:
        entry = get_args(annotation)[0]
        convert: Callable[[Any], Any] = _reader(cast("type", entry)) if is_dataclass(entry) else entry
        return lambda message: tuple(convert(item) for item in getattr(message, name)[:_REPEATED_MAX])
    if isinstance(annotation, type) and is_dataclass(annotation):
        nested = _reader(annotation)
        return lambda message: nested(getattr(message, name))
    return lambda message: getattr(message, name)


def value_classes() -> tuple[type, ...]:
    """Every class of the vocabulary that must have a message of the same name (for the test that compares them)."""
    return tuple(
        value
        for value in vars(events).values()
        if isinstance(value, type) and is_dataclass(value) and value is not events.Event
    )
