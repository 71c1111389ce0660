"""Which files a scan takes, and in which order."""

import os

from gapwatch_agent.inspector.tree import Listed, Mounts, files

_TABLE = b"""\
20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 0:5 / %s rw - proc proc rw
22 20 8:17 / /media/stick rw - vfat /dev/sdb1 rw
23 20 0:40 / /mnt/fuse rw - fuse.sshfs host: rw
"""


def _listed(*paths, table=b""):
    return [(listed.path, listed.reason) for listed in files([str(path) for path in paths], Mounts(table))]


def test_files_in_the_order_of_their_names_and_folders_after_them(tmp_path):
    for name in ("b/2.txt", "b/a/3.txt", "a/1.txt", "c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    names = [os.path.relpath(path, tmp_path) for path, _ in _listed(tmp_path)]
    assert names == ["c.txt", "a/1.txt", "b/2.txt", "b/a/3.txt"]


def test_links_and_pipes_in_a_tree_are_left_alone_but_named_ones_are_taken(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "target").write_text("x")
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "target")
    (tmp_path / "tree" / "loop").symlink_to(tmp_path / "tree")
    os.mkfifo(tmp_path / "tree" / "pipe")
    assert _listed(tmp_path / "tree") == []
    named = tmp_path / "tree" / "link"
    assert _listed(named) == [(str(named), "")]


def test_what_the_kernel_makes_up_is_not_entered(tmp_path):
    (tmp_path / "made up").mkdir()
    (tmp_path / "made up" / "file").write_text("x")
    (tmp_path / "real").write_text("x")
    escaped = os.fsencode(tmp_path / "made up").replace(b" ", rb"\040")
    assert _listed(tmp_path, table=_TABLE % escaped) == [(str(tmp_path / "real"), "")]


def test_a_folder_that_cannot_be_listed_is_said(tmp_path, monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "scandir", refuse)
    assert list(files([str(tmp_path)], Mounts(b""))) == [Listed(str(tmp_path), "unreadable")]


def test_names_that_are_not_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xfe.txt"
    os.close(os.open(path, os.O_CREAT))
    assert [os.fsencode(found) for found, _ in _listed(tmp_path)] == [path]


def test_times_are_trusted_only_where_they_identify_a_content():
    mounts = Mounts(_TABLE % b"/proc")
    assert mounts.is_steady(os.makedev(8, 1))
    assert not mounts.is_steady(os.makedev(8, 17))
    assert not mounts.is_steady(os.makedev(0, 40))


def test_what_is_carried_from_elsewhere_is_not_trusted_with_its_times(tmp_path):
    def device(number, place, removable="0"):
        folder = tmp_path / "devices" / place
        folder.mkdir(parents=True)
        (folder.parent / "removable").write_text(removable + "\n")
        (tmp_path / f"8:{number}").symlink_to(folder)
        return os.makedev(8, number)

    mounts = Mounts(b"", tmp_path)
    assert mounts.is_steady(device(1, "pci0/ata1/block/sda/sda1"))
    assert not mounts.is_steady(device(2, "pci0/usb1/1-1/block/sdb/sdb1"))
    assert not mounts.is_steady(device(3, "pci0/ata2/block/sr0/sr0p1", removable="1"))
    assert not mounts.is_steady(device(4, "virtual/block/loop0/part"))
