import errno
import os

import pytest

from medte import manifest
from medte.errors import MedteError


def test_digest_depends_on_content_alone():
    assert manifest.digest({"a": 1, "b": [2]}) == manifest.digest({"b": [2], "a": 1})
    assert manifest.digest([1, 2]) != manifest.digest([2, 1])


def test_a_sealed_folder_gives_its_files_back_and_refuses_damaged_ones(tmp_path):
    (tmp_path / "a.txt").write_text("whole", encoding="utf-8")
    manifest.seal(tmp_path, {"what": "test"}, [tmp_path / "a.txt"])
    assert manifest.unseal(tmp_path)["what"] == "test"
    assert manifest.verify(tmp_path, "a.txt").read_text(encoding="utf-8") == "whole"
    (tmp_path / "a.txt").write_text("whol", encoding="utf-8")
    with pytest.raises(MedteError, match="damaged"):
        manifest.verify(tmp_path, "a.txt")
    (tmp_path / "a.txt").unlink()
    with pytest.raises(MedteError, match="missing"):
        manifest.verify(tmp_path, "a.txt")


def test_an_unfinished_folder_has_no_manifest(tmp_path):
    assert manifest.unseal(tmp_path) is None


def test_a_full_disk_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    manifest.write_text(path, "old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(manifest.os, "replace", full)
    with pytest.raises(MedteError, match="No space left"):
        manifest.write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_code_digest_sees_content_not_time(tmp_path):
    (tmp_path / "a.py").write_text("x = 1", encoding="utf-8")
    before = manifest.code_digest(tmp_path)
    os.utime(tmp_path / "a.py", (0, 0))
    assert manifest.code_digest(tmp_path) == before
    (tmp_path / "a.py").write_text("x = 2", encoding="utf-8")
    assert manifest.code_digest(tmp_path) != before
