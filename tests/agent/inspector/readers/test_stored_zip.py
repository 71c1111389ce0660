"""The least zip: any program opens it."""

import io
import zipfile

from gapwatch_agent.inspector.readers.stored_zip import StoredZip


def test_members_come_back_as_they_went_in():
    package = StoredZip()
    package.add("mimetype", b"x")
    package.add("目录/密.xml", b"abc" * 1000)
    with zipfile.ZipFile(io.BytesIO(b"".join(package.finish()))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "mimetype": b"x",
            "目录/密.xml": b"abc" * 1000,
        }


def test_a_zip_of_nothing():
    with zipfile.ZipFile(io.BytesIO(b"".join(StoredZip().finish()))) as archive:
        assert archive.namelist() == []
