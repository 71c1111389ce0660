"""Marks in what is written as text, and in OFD: every encoding, mails, mailboxes, html, xml, source code, archives."""

from __future__ import annotations

import gzip
import io
import mailbox
import random
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from email.message import EmailMessage
from pathlib import Path
from xml.sax.saxutils import escape

from corpus import bodies
from corpus.case import Case
from corpus.forms import Form

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "big5")
_TO_TRADITIONAL = str.maketrans("绝机密内资国级长启会议开资料", "絕機密內資國級長啟會議開資料")


def _lines(form: Form | None, rng: random.Random) -> list[str]:
    body = list(bodies.EXAM_BODY) if form and form.axis == "exam" else bodies.paragraphs(rng)
    return [*([form.text] if form else []), bodies.title(rng), "", *body]


def text(form: Form | None, rng: random.Random, encoding: str) -> bytes | None:
    """A text in an encoding; None where the encoding cannot say it."""
    whole = "\r\n".join(_lines(form, rng))
    if encoding == "big5":
        mark, _, rest = whole.partition("\r\n")
        # Only ASCII of the body: an exam's would be lost with it.
        whole = f"{mark.translate(_TO_TRADITIONAL)}\r\n" + "".join(c for c in rest if c.isascii())
        if form and form.axis == "exam":
            return None
    try:
        return whole.encode(encoding)
    except UnicodeEncodeError:
        return None


def html(form: Form | None, rng: random.Random) -> bytes:
    """A page with the mark as its first paragraph."""
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in _lines(form, rng) if line)
    return f"<!DOCTYPE html>\n<html><head><meta charset='gb2312'></head><body>{lines}</body></html>".encode("gb18030")


def xml(form: Form | None, rng: random.Random) -> bytes:
    """A record whose first element is the level."""
    level = f"<密级>{escape(form.text)}</密级>" if form else ""
    lines = "".join(f"<段落>{escape(line)}</段落>" for line in _lines(None, rng) if line)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<公文>{level}{lines}</公文>'.encode()


def mail(form: Form | None, rng: random.Random, place: str = "first_line") -> bytes:
    """A mail: the mark in its text, its subject, its html part or its attachment."""
    message = EmailMessage()
    message["From"], message["To"] = "office@unit.invalid", "all@unit.invalid"
    message["Subject"] = form.text if form and place == "subject" else bodies.title(rng)
    message["Date"] = "Mon, 02 Mar 2026 08:00:00 +0800"
    message.set_content("\n".join(_lines(form if place == "first_line" else None, rng)))
    if place == "html":
        message.add_alternative(html(form, rng).decode("gb18030"), subtype="html")
    if place == "attachment":
        message.add_attachment(
            "\n".join(_lines(form, rng)).encode("gb18030"), maintype="application", subtype="octet-stream",
            filename="附件.txt",
        )  # fmt: skip
    return message.as_bytes()


def mailbox_of(form: Form | None, rng: random.Random, path: Path) -> None:
    """Three mails, the second one marked."""
    box = mailbox.mbox(path)
    for number in range(3):
        box.add(mailbox.mboxMessage(mail(form if number == 1 else None, rng)))
    box.close()


def ofd(form: Form | None, rng: random.Random, place: str) -> bytes:
    """A page description of GB/T 33190: text objects with places in millimetres."""
    objects, y = [], 20.0
    lines = [*([form.text] if form and place == "first_line" else []), bodies.title(rng), *bodies.paragraphs(rng)]
    for number, line in enumerate(lines):
        objects.append(
            f'<ofd:TextObject ID="{10 + number}" Boundary="25 {y} 160 6" Font="1" Size="4">'
            f'<ofd:TextCode X="0" Y="5">{escape(line)}</ofd:TextCode></ofd:TextObject>'
        )
        y += 10
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    custom = (
        f'<ofd:CustomDatas><ofd:CustomData Name="密级">{escape(form.text)}</ofd:CustomData></ofd:CustomDatas>'
        if form and place == "custom_data"
        else ""
    )
    info = f"<ofd:DocInfo><ofd:Title>t</ofd:Title>{custom}</ofd:DocInfo>"
    area = "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
    pages = "<ofd:Pages><ofd:Page ID='1' BaseLoc='Pages/Page_0/Content.xml'/></ofd:Pages>"
    layer = f"<ofd:Layer ID='2'>{''.join(objects)}</ofd:Layer>"
    root = "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
    members = {
        "OFD.xml": f"<ofd:OFD {space} Version='1.0'><ofd:DocBody>{info}{root}</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {space}><ofd:CommonData>{area}</ofd:CommonData>{pages}</ofd:Document>",
        "Doc_0/Pages/Page_0/Content.xml": f"<ofd:Page {space}><ofd:Content>{layer}</ofd:Content></ofd:Page>",
    }
    return zipped(members.items())


def zipped(members: Iterable[tuple[str, str | bytes]]) -> bytes:
    """A zip of named contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def _tarred(mode: str) -> Callable[[Path, Path], None]:
    def write(target: Path, source: Path) -> None:
        with tarfile.open(target, f"w:{mode}") as archive:
            archive.add(source, f"in/{source.name}")

    return write


def _zip(target: Path, source: Path) -> None:
    target.write_bytes(zipped([(f"in/{source.name}", source.read_bytes())]))


def _nested(target: Path, source: Path) -> None:
    inner = zipped([(source.name, source.read_bytes())])
    target.write_bytes(zipped([("in/deep.zip", inner)]))


def _gzip(target: Path, source: Path) -> None:
    target.write_bytes(gzip.compress(source.read_bytes()))


def _seven_zip(target: Path, source: Path) -> None:
    # The command of libarchive's own tools is not needed: Debian's libarchive writes 7z through its binding.
    import libarchive

    with libarchive.file_writer(str(target), "7zip") as archive:
        content = source.read_bytes()
        archive.add_file_from_memory(f"in/{source.name}", len(content), content)


ARCHIVES: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "zip": (_zip, "in/{}"),
    "zip_in_zip": (_nested, "in/deep.zip!{}"),
    "tar": (_tarred(""), "in/{}"),
    "tar.gz": (_tarred("gz"), "in/{}"),
    "tar.bz2": (_tarred("bz2"), "in/{}"),
    "tar.xz": (_tarred("xz"), "in/{}"),
    "gz": (_gzip, ""),
    "7z": (_seven_zip, "in/{}"),
}


def archived(case: Case, kind: str, folder: Path) -> Case:
    """A case inside an archive. ``inner`` empty: any member will do."""
    write, inner = ARCHIVES[kind]
    suffix = "zip" if kind == "zip_in_zip" else kind
    target = folder / f"{case.path.stem}.{kind.replace('.', '_')}.{suffix}"
    write(target, case.path)
    return case.moved(target, kind, inner.format(case.path.name))


def converted(cases: list[Case], suffix: str, kind: str, folder: Path) -> list[Case]:
    """The cases as LibreOffice writes them in another format, in one run."""
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(0, len(cases), 60):
        batch = [str(case.path) for case in cases[at : at + 60]]
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", suffix, "--outdir", str(folder), *batch]
        subprocess.run(command, check=True, capture_output=True, timeout=900)
    return [case.moved(folder / f"{case.path.stem}.{suffix.partition(':')[0]}", kind) for case in cases]
