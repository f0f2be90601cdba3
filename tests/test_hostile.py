"""Checked projects are not trusted, and nothing they hold stops a run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ANY = "from typing import Any\n\n\ndef f(x: Any) -> None: ...\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "good.py").write_text(ANY)
    return root


def bylaw(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"BYLAW_CACHE_DIR": str(root.parent / "cache"), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "bylaw", "check", "--output-format", "concise", *arguments]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=120, errors="replace"
    )


def still_finds_the_other_file(done: subprocess.CompletedProcess[str]) -> bool:
    return "good.py:4:10: warning[no-any]" in done.stdout


def test_modules_of_the_project_are_never_imported(project: Path) -> None:
    for name in ("libcst", "msgspec", "tomllib", "json", "typer", "conftest", "sitecustomize"):
        (project / f"{name}.py").write_text("raise SystemExit('run by mistake')\n")
    done = bylaw(project, "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "run by mistake" not in done.stdout + done.stderr
    assert still_finds_the_other_file(done)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\x01\x02\xff" * 1000, id="binary"),
        pytest.param(b"x = 1\x00\n", id="NUL"),
        pytest.param("\ufeffx = 1\r\ny = 2\r\n".encode(), id="byte order mark and CRLF"),
        pytest.param("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), id="latin-1"),
        pytest.param("x = 'é'\n".encode("latin-1"), id="latin-1 without saying so"),
        pytest.param(b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n", id="10,000 brackets"),
        pytest.param(b"x = " + b"-" * 10_000 + b"1\n", id="10,000 operators"),
        pytest.param(b"".join(b" " * n + b"if x:\n" for n in range(1000)) + b" " * 1000 + b"pass\n", id="1,000 blocks"),
        pytest.param(b"x = 'a' + " * 5_000 + b"'b'\n", id="5,000 terms"),
        pytest.param(b"x" * 2_000_000 + b" = 1\n", id="one long line"),
        pytest.param(b"def f(:\n", id="a syntax error"),
    ],
)
@pytest.mark.parametrize("suffix", [".py", ".sql"])
def test_odd_files_stop_nothing(project: Path, content: bytes, suffix: str) -> None:
    folder = project / "migrations"
    folder.mkdir()
    (folder / f"0001_odd{suffix}").write_bytes(content)
    done = bylaw(project, "--all-migrations", "--no-cache")
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert "internal-error" not in done.stdout
    assert still_finds_the_other_file(done)


def test_a_file_of_50_megabytes_is_left_out_and_said_to_be(project: Path) -> None:
    with (project / "huge.py").open("wb") as huge:
        huge.truncate(50_000_000)
    done = bylaw(project, "--verbose")
    assert still_finds_the_other_file(done)
    listed = subprocess.run(
        [sys.executable, "-m", "bylaw", "files"], cwd=project, capture_output=True, text=True, check=True
    )
    assert "huge.py" in listed.stdout
    assert "larger than" in listed.stdout


def test_links_that_are_broken_or_go_round_in_circles_stop_nothing(project: Path) -> None:
    (project / "broken.py").symlink_to("nowhere.py")
    (project / "circle.py").symlink_to("circle.py")
    (project / "round").symlink_to(".")
    (project / "ring").symlink_to("ring")
    done = bylaw(project)
    assert done.returncode == 0
    assert still_finds_the_other_file(done)
    for name in ("circle.py", "ring", "ring/x.py"):
        named = bylaw(project, "--quiet", name)
        assert "this should not happen" not in named.stderr
        assert named.returncode in {0, 2}


def test_a_file_that_cannot_be_opened_is_an_error_with_the_reason(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "closed.py").write_text(ANY)
    opened = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "closed.py":
            raise PermissionError(13, "Permission denied")
        return opened(path)

    from bylaw.cli import run

    monkeypatch.setattr(Path, "read_bytes", refuse)
    monkeypatch.chdir(project)
    assert run(["check", "--no-cache", "--output-format", "concise"]) == 1
    said = capsys.readouterr().out
    assert "closed.py:1:1: error[unreadable-file] cannot be read: Permission denied" in said
    assert "good.py:4:10: warning[no-any]" in said


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupted_run_leaves_a_cache_that_works(project: Path) -> None:
    for number in range(300):
        (project / f"m{number}.py").write_text(ANY + f"x{number} = 1\n" * 300)
    environment = os.environ | {"BYLAW_CACHE_DIR": str(project.parent / "cache")}
    for wait in (0.2, 0.4, 0.8):
        run = subprocess.Popen(
            [sys.executable, "-m", "bylaw", "check", "--quiet"],
            cwd=project, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(wait)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    done = bylaw(project)
    assert done.returncode == 0
    assert done.stdout.count("warning[no-any]") == 301
    assert bylaw(project, "--no-cache").stdout == done.stdout


def test_a_long_word_beside_a_soft_delete_takes_a_moment(project: Path) -> None:
    (project / "bylaw.toml").write_text("[rules]\nsoft-delete-filter = { level = 'warning', when = 'always' }\n")
    (project / "models.py").write_text(
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\nclass Base(DeclarativeBase): ...\n"
        "class Book(Base):\n    __tablename__ = 'books'\n    book_id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    deleted_at: Mapped[str | None]\n"
    )
    (project / "reads.py").write_text(
        "from models import Book\ndef load(session, key):\n    return session.get(Book, key)\n"
        f"def show(session, key):\n    '''{'a.' * 200_000}'''\n    book = load(session, key)\n    return book.title\n"
    )
    done = bylaw(project, "--no-cache", "--select", "soft-delete-filter")
    assert "reads.py:3:12: warning[soft-delete-filter]" in done.stdout, done.stdout + done.stderr
