"""Facts are kept between runs, and never trusted over the files."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bylaw.engine.cache import decode, encode, open_cache
from bylaw.engine.discovery import discover
from bylaw.engine.reading import ReadFiles, read_all
from bylaw.readers import SUFFIXES, read_file
from bylaw.settings import Settings
from bylaw.spec import parse_spec

SPECS = Path(__file__).parents[1] / "fixtures" / "rules"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BYLAW_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    for number in range(5):
        write(root / f"m{number}.py", f"class C{number}: ...\n")
    return root


def write(file: Path, text: str) -> None:
    """Write a file that looks as if it had been left alone for a minute."""
    file.write_text(text)
    age(file)


def age(file: Path, seconds: int = 60) -> None:
    """A change time cannot be set; wait until it is old enough to be trusted instead."""
    stamp = time.time() - seconds
    os.utime(file, (stamp, stamp))


def read(root: Path) -> ReadFiles:
    time.sleep(0.12)
    cache = open_cache(root, enabled=True)
    result = read_all(root, discover(root, Settings()), cache)
    cache.save()
    return result


def cache_file(root: Path) -> Path:
    return next((root.parent / "cache").glob("*.facts"))


def classes(result: ReadFiles) -> list[str]:
    return [item.name for facts in result.facts.values() for item in facts.classes]


def test_an_unchanged_file_is_not_read_again(project: Path) -> None:
    assert read(project).read == 5
    again = read(project)
    assert again.read == 0
    assert classes(again) == ["C0", "C1", "C2", "C3", "C4"]


def test_only_the_changed_file_is_read(project: Path) -> None:
    read(project)
    write(project / "m3.py", "class Changed: ...\n")
    again = read(project)
    assert again.read == 1
    assert classes(again) == ["C0", "C1", "C2", "Changed", "C4"]


def test_content_wins_over_a_forged_time(project: Path) -> None:
    read(project)
    before = (project / "m0.py").stat()
    (project / "m0.py").write_text("class Z0: ...\n")
    os.utime(project / "m0.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert classes(read(project))[0] == "Z0"


def test_a_file_that_is_gone_is_forgotten(project: Path) -> None:
    read(project)
    (project / "m0.py").unlink()
    assert classes(read(project)) == ["C1", "C2", "C3", "C4"]
    assert "m0.py" not in open_cache(project, enabled=True).entries


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[: len(data) // 2], id="truncated"),
        pytest.param(lambda data: data[:-20] + b"x" * 20, id="overwritten"),
        pytest.param(lambda data: b"\x80\x04cos\nsystem\n(S'exit 1'\ntR.", id="a pickle"),
        pytest.param(lambda data: data[:14] + b"\0" * 4 + data[18:], id="checksum"),
    ],
)
def test_a_damaged_cache_is_ignored_and_rebuilt(project: Path, damage: object) -> None:
    read(project)
    file = cache_file(project)
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    assert read(project).read == 5
    assert read(project).read == 0


def test_another_version_reads_anew(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(project)
    monkeypatch.setattr("bylaw.engine.cache.READER_VERSION", 10_000)
    assert read(project).read == 5


def test_without_a_cache_folder_nothing_is_stored(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.parent / "blocked").write_text("a file where the folder should be")
    monkeypatch.setenv("BYLAW_CACHE_DIR", str(project.parent / "blocked" / "cache"))
    assert read(project).read == 5
    assert read(project).read == 5


def test_what_is_old_goes_and_what_is_not_ours_stays(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project.parent / "cache with others"
    folder.mkdir()
    monkeypatch.setenv("BYLAW_CACHE_DIR", str(folder))
    names = ("0a.facts", "0a.recent", "0b1f.replay", ".0a.facts.k2x9", "notes.txt", "my.facts", ".0a.facts")
    for name in names:
        (folder / name).write_text("x")
        os.utime(folder / name, (0, 0))
    (folder / "0c.facts").write_text("new")
    (folder / "0d.facts").symlink_to("notes.txt")
    assert read(project).read == 5
    left = {path.name for path in folder.iterdir()}
    assert left >= {"0c.facts", "0d.facts", "notes.txt", "my.facts", ".0a.facts"}
    assert not left & {"0a.facts", "0a.recent", "0b1f.replay", ".0a.facts.k2x9"}


def test_a_relative_cache_home_is_not_followed_into_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BYLAW_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "inside")
    monkeypatch.setenv("HOME", str(project.parent / "home"))
    monkeypatch.chdir(project)
    before = sorted(path.name for path in project.iterdir())
    assert read(project).read == 5
    assert sorted(path.name for path in project.iterdir()) == before
    assert (project.parent / "home" / ".cache" / "bylaw").is_dir()


def test_runs_at_the_same_time_do_not_disturb_each_other(project: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bylaw.engine.session import open_session;"
        "from bylaw.settings import Settings; s = open_session(Path(sys.argv[1]), Settings());"
        "print(sum(len(f.facts.classes) for f in s.project.files.values()))"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(project)], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    assert [run.communicate()[0].strip() for run in runs] == ["5"] * 6
    assert read(project).facts.keys() == {f"m{number}.py" for number in range(5)}


def test_many_files_are_read_by_worker_processes_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        (tmp_path / f"m{number}.py").write_text(f"class C{number}: ...\n" + "x = 1  # filler\n" * 1000)
    discovery = discover(tmp_path, Settings())
    parallel = read_all(tmp_path, discovery, open_cache(tmp_path, enabled=False))
    monkeypatch.setattr("bylaw.engine.jobs.PARALLEL_FROM", 10**12)
    alone = read_all(tmp_path, discovery, open_cache(tmp_path, enabled=False))
    assert parallel.read == 60
    assert parallel.facts == alone.facts
    assert list(parallel.facts) == list(alone.facts)


@pytest.mark.parametrize("spec", sorted(SPECS.rglob("*.md")), ids=lambda spec: spec.stem)
def test_facts_are_the_same_when_they_have_been_stored(spec: Path) -> None:
    files = {name: text for case in parse_spec(spec.read_text(), spec.name) for name, text in case.files.items()}
    facts = [read_file(name, text.encode()) for name, text in files.items() if name.endswith(SUFFIXES)]
    assert facts
    assert [decode(encode(each)) for each in facts] == facts


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_cannot_be_opened_is_named_with_the_reason(project: Path) -> None:
    (project / "m1.py").chmod(0)
    result = read(project)
    assert result.failed == {"m1.py": "Permission denied"}
    assert len(result.facts) == 4


def test_what_a_few_files_bring_stands_beside_the_large_file(project: Path) -> None:
    for number in range(5, 20):
        write(project / f"m{number}.py", f"class C{number}: ...\n")
    read(project)
    large = cache_file(project)
    before = large.read_bytes()
    write(project / "m3.py", "class Changed: ...\n")
    assert read(project).read == 1
    assert large.read_bytes() == before
    again = read(project)
    assert again.read == 0
    assert "Changed" in classes(again)


def test_a_small_file_of_another_large_one_is_ignored(project: Path) -> None:
    for number in range(5, 20):
        write(project / f"m{number}.py", f"class C{number}: ...\n")
    read(project)
    write(project / "m3.py", "class Changed: ...\n")
    read(project)
    small = cache_file(project).with_suffix(".recent")
    stale = small.read_bytes()
    write(project / "m4.py", "class Other: ...\n")
    (project / "m0.py").unlink()
    read(project)
    assert not small.exists()
    small.write_bytes(stale)
    found = classes(read(project))
    assert "Other" in found
    assert "C0" not in found


def test_a_damaged_small_file_is_ignored(project: Path) -> None:
    for number in range(5, 20):
        write(project / f"m{number}.py", f"class C{number}: ...\n")
    read(project)
    write(project / "m3.py", "class Changed: ...\n")
    read(project)
    small = cache_file(project).with_suffix(".recent")
    small.write_bytes(small.read_bytes()[:-3] + b"xyz")
    again = read(project)
    assert again.read == 1
    assert "Changed" in classes(again)
