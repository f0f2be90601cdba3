"""Repaired files on the disk, and changes as a patch."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.engine import writing
from bylaw.engine.diffing import unified_diff
from bylaw.engine.writing import WriteProblem, unwritable, write_files


def test_files_are_replaced_and_keep_their_mode(tmp_path: Path) -> None:
    file = tmp_path / "app" / "a.py"
    file.parent.mkdir()
    file.write_bytes(b"old\r\n")
    file.chmod(0o751)
    assert write_files(tmp_path, {"app/a.py": b"old\r\n"}, {"app/a.py": b"new\r\n"}) == []
    assert file.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o751
    assert sorted(path.name for path in file.parent.iterdir()) == ["a.py"]


def test_a_file_that_changed_meanwhile_is_left_alone_and_the_others_are_written(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_bytes(b"old")
    (tmp_path / "a.py").write_bytes(b"theirs")
    problems = write_files(tmp_path, {"a.py": b"old", "b.py": b"old"}, {"a.py": b"new", "b.py": b"new"})
    assert problems == [WriteProblem("a.py", "changed while it was being repaired")]
    assert (tmp_path / "a.py").read_bytes() == b"theirs"
    assert (tmp_path / "b.py").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_is_gone_is_not_created(tmp_path: Path) -> None:
    problems = write_files(tmp_path, {"a.py": b"old"}, {"a.py": b"new"})
    assert problems[0].reason.startswith("cannot be read any more")
    assert list(tmp_path.iterdir()) == []


def test_read_only_files_and_folders_are_respected(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    file.chmod(0o444)
    inner = tmp_path / "folder" / "b.py"
    inner.parent.mkdir()
    inner.write_bytes(b"old")
    inner.parent.chmod(0o555)
    try:
        assert unwritable(tmp_path, "a.py") == "is read-only"
        problems = write_files(tmp_path, {"a.py": b"old", "folder/b.py": b"old"}, {"a.py": b"n", "folder/b.py": b"n"})
        assert [problem.reason for problem in problems] == ["is read-only", "is in a read-only folder"]
    finally:
        inner.parent.chmod(0o755)
    assert file.read_bytes() == inner.read_bytes() == b"old"


@pytest.mark.parametrize("path", ["../a.py", "/etc/hosts", "", "x/../../a.py"])
def test_nothing_is_written_outside_of_the_root(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "a.py").write_bytes(b"old")
    assert write_files(root, {path: b"old"}, {path: b"new"}) == [WriteProblem(path, "lies outside of the project")]
    assert (tmp_path / "a.py").read_bytes() == b"old"


def test_links_that_lead_out_are_refused_and_links_inside_are_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "out.py").write_bytes(b"old")
    (root / "in.py").write_bytes(b"old")
    (root / "a.py").symlink_to(tmp_path / "out.py")
    (root / "b.py").symlink_to("in.py")
    (root / "folder").symlink_to(tmp_path)
    old = dict.fromkeys(("a.py", "b.py", "folder/out.py"), b"old")
    problems = write_files(root, old, dict.fromkeys(old, b"new"))
    assert [problem.path for problem in problems] == ["a.py", "folder/out.py"]
    assert (tmp_path / "out.py").read_bytes() == b"old"
    assert (root / "in.py").read_bytes() == b"new"
    assert (root / "b.py").is_symlink()


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_bytes(b"old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"a.py": b"old"}, {"a.py": b"new"})
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals cannot be held back here")
def test_a_process_that_is_ended_while_it_writes_finishes_its_file(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_bytes(b"old")
    script = (
        "import os, signal, sys; from pathlib import Path; from bylaw.engine import writing; sync = os.fsync\n"
        "writing.os.fsync = lambda handle: (os.kill(os.getpid(), signal.SIGTERM), sync(handle))\n"
        "old = dict.fromkeys(('a.py', 'b.py'), b'old')\n"
        "writing.write_files(Path(sys.argv[1]), old, dict.fromkeys(old, b'new'))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGTERM
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.py": b"new", "b.py": b"old"}


def test_a_full_disk_is_a_problem_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    problems = write_files(tmp_path, {"a.py": b"old"}, {"a.py": b"new"})
    assert problems == [WriteProblem("a.py", "cannot be written: No space left on device")]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def applied(folder: Path, before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, bytes]:
    for path, content in before.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (folder / "patch").write_bytes(unified_diff(before, after))
    environment = {**os.environ, "GIT_DIR": str(folder / "none"), "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "apply", "patch"], cwd=folder, check=True, env=environment)
    return {path: (folder / path).read_bytes() for path in after}


def test_a_patch_reads_like_gits() -> None:
    patch = unified_diff({"app/a.py": b"a\nb"}, {"app/a.py": b"a\nc"})
    assert patch == (
        b"--- a/app/a.py\n+++ b/app/a.py\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n"
        b"+c\n\\ No newline at end of file\n"
    )
    assert unified_diff({"a.py": b"x"}, {"a.py": b"x"}) == b""


def test_git_applies_a_patch_to_the_byte(tmp_path: Path) -> None:
    before = {
        "a.py": b"x = 1\r\ny = 2\r\n", "b/c d.py": b"a\x0cb\nlast", "ü.py": "é\u2028é\n".encode(),
        'tab\t"q".py': b"old\n", "latin.py": b"# \xe9\nold\n",
    }  # fmt: skip
    after = {path: content.replace(b"old", b"new").replace(b"1", b"3") + b"more" for path, content in before.items()}
    assert applied(tmp_path, before, after) == after


TEXT = st.binary(min_size=1, max_size=60).map(lambda content: content.replace(b"\0", b"\n"))


@settings(max_examples=25, deadline=None)
@given(before=TEXT, after=TEXT)
def test_git_applies_any_patch(before: bytes, after: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    if before != after:
        assert applied(tmp_path_factory.mktemp("patch"), {"a.py": before}, {"a.py": after}) == {"a.py": after}
