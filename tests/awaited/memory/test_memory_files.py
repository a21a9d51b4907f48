"""A file is never half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaited.memory.files import write_whole


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "folder/file"
    assert write_whole(file, b"old")
    assert file.stat().st_mode & 0o777 == 0o644
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(file, b"new")
    assert [(left.name, left.read_bytes()) for left in file.parent.iterdir()] == [("file", b"old")]
