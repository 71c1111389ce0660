"""Event values and payload bytes: nothing lost, nothing but documented errors."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_proto import codec, events
from gapwatch_proto.errors import MalformedPayloadError
from gapwatch_proto.events import PAYLOADS
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.v1 import events_pb2

_LIMITS = {"page": (0, 2**32 - 1), "hints": (0, 2**32 - 1), "index": (0, 2**32 - 1), "interval_s": (0, 2**32 - 1)}
_SIGNED = {"uid", "pid", "parent_pid", "count", "collector_ns", "round_trip_ns", "signed_at_ns"}


def values(value_class: type) -> st.SearchStrategy:
    hints = get_type_hints(value_class)
    return st.builds(
        value_class, **{field.name: _field(field.name, hints[field.name]) for field in fields(value_class)}
    )


def _field(name: str, annotation: object) -> st.SearchStrategy:
    if get_origin(annotation) is tuple:
        return st.lists(_field(name, get_args(annotation)[0]), max_size=3).map(tuple)
    if annotation is str:
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    if annotation is bytes:
        return st.binary(max_size=40)
    if annotation is bool:
        return st.booleans()
    if annotation is float:
        return st.floats(allow_nan=False)
    if annotation is int:
        low, high = (-(2**63), 2**63 - 1) if name in _SIGNED else _LIMITS.get(name, (0, 2**32 - 1))
        return st.integers(low, high)
    return values(annotation)


@pytest.mark.parametrize("kind", list(Kind), ids=lambda k: k.name)
def test_every_kind_has_a_value_and_a_severity(kind: Kind) -> None:
    assert kind in PAYLOADS
    assert 1 <= SEVERITY[kind] <= 5


@pytest.mark.parametrize("value_class", codec.value_classes(), ids=lambda c: c.__name__)
def test_value_and_message_have_the_same_fields(value_class: type) -> None:
    message = getattr(events_pb2, value_class.__name__).DESCRIPTOR
    hints = get_type_hints(value_class)
    assert [field.name for field in message.fields] == [field.name for field in fields(value_class)]
    for field in message.fields:
        repeated = get_origin(hints[field.name]) is tuple
        assert field.is_repeated == repeated, field.name


def test_no_message_lacks_a_value() -> None:
    assert set(events_pb2.DESCRIPTOR.message_types_by_name) == {c.__name__ for c in codec.value_classes()}


@given(st.sampled_from(sorted(PAYLOADS)).flatmap(lambda kind: st.tuples(st.just(kind), values(PAYLOADS[kind]))))
def test_what_is_encoded_comes_back(pair: tuple) -> None:
    kind, value = pair
    assert codec.decode(kind, codec.encode(value)) == value


@given(st.sampled_from(sorted(PAYLOADS)), st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(kind: int, data: bytes) -> None:
    try:
        value = codec.decode(kind, data)
    except MalformedPayloadError:
        return
    assert isinstance(value, PAYLOADS[Kind(kind)])


def test_a_kind_from_the_future_is_named() -> None:
    with pytest.raises(MalformedPayloadError, match="kind 4711"):
        codec.decode(4711, b"")


def test_a_name_that_is_not_utf8_stays_readable() -> None:
    value = events.FileActivity(file=events.File(path="/media/\udcff.txt"), medium=events.Medium(label="a\udcfe"))
    back = codec.decode(Kind.FILE_WRITTEN, codec.encode(value))
    assert isinstance(back, events.FileActivity)
    assert back.file.path == "/media/\\udcff.txt"
    assert back.medium.label == "a\\udcfe"


def test_repeated_fields_are_bounded() -> None:
    message = events_pb2.Device(interfaces=["08/06/50"] * 5000)
    back = codec.decode(Kind.DEVICE_ATTACHED, events_pb2.DeviceActivity(device=message).SerializeToString())
    assert isinstance(back, events.DeviceActivity)
    assert len(back.device.interfaces) == 256
