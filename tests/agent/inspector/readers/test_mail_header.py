"""Header fields: encoded words cut in two, wrong labels, raw bytes, continued parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import mail_header


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?5py65a+G?=", "机密"),
        (b"=?UTF-8?q?=E6=9C=BA?= =?utf-8?q?=E5=AF=86?=", "机密"),
        (b"=?utf-8?B?5py6?=\t=?utf-8?B?5a+G?= (a)", "机密 (a)"),
        (b"Re: =?gb2312?B?u/rD3A==?= end", "Re: 机密 end"),
        (b"=?gb2312?B?" + b"mWCHwg==" + b"?=", "淸嚶"[:0] + b"\x99\x60\x87\xc2".decode("gb18030")),
        ("机密通知".encode("gb18030"), "机密通知"),
        ("机密通知".encode(), "机密通知"),
        (b"=?utf-8?B?!!!?=", ""),
        (b"=?utf-8?Q?a_b?=", "a b"),
        (b"=?iso-2022-jp?B?GyRCNktIaxsoQg==?=", "極秘"),
    ],
)
def test_decoded(raw, wanted):
    assert mail_header.decoded(raw) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b'a/b; name="x.txt"', {"name": "x.txt"}),
        (b"a/b; NAME = x.txt ; b=c", {"name": "x.txt", "b": "c"}),
        (b'a/b; name="a\\"b;c"', {"name": 'a"b;c'}),
        (b"a/b; name*=gbk''%BB%FA%C3%DC.txt", {"name": "机密.txt"}),
        (b"a/b; name*1=b.txt; name*0=a", {"name": "ab.txt"}),
        (b"a/b; name*0*=utf-8''%E6%9C; name*1*=%BA; name*2=.txt", {"name": "机.txt"}),
        (b'a/b; name="=?utf-8?B?5py65a+G?="', {"name": "机密"}),
        ('a/b; name="机密.txt"'.encode("gb18030"), {"name": "机密.txt"}),
        (b'a/b; name="never ends', {"name": "never ends"}),
    ],
)
def test_parameters(raw, wanted):
    assert mail_header.parameters(raw) == wanted


def test_a_block_of_fields():
    header = mail_header.parse(b"A: 1\r\nB:2\r\n  3\r\nno field\r\nContent-Type: Text/HTML; charset=X\r\na: 4")
    assert header.fields[:2] == (("A", b"1"), ("B", b"2 3"))
    assert header.raw("a") == b"1"
    assert header.content_type() == ("text/html", {"charset": "X"})
    assert header.filename() == ""
    assert not header.is_attachment()


def test_a_block_is_bounded():
    assert len(mail_header.parse(b"a: b\n" * 10_000).fields) == 1000
    assert len(mail_header.parse(b"a: b\n" + b" c\n" * 1_000_000).fields[0][1]) < 1 << 17


@given(st.binary(max_size=300))
def test_any_bytes_are_a_header(raw):
    header = mail_header.parse(raw)
    header.content_type()
    header.filename()
    mail_header.parameters(b"a/b;" + raw)
    mail_header.decoded(b"=?utf-8?B?" + raw + b"?=").encode()
