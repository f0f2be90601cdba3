"""Work in a fork: the same result as without, whatever becomes of the fork."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bylaw.engine.forking import processors

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or processors() < 2, reason="needs Linux and a second processor"
)

SHARING = """
import os, signal, time
from bylaw.engine.forking import share
here = os.getpid()
def work(number):
    {work}
    return b"%d %d" % (number, os.getpid() != here)
begun = []
done = share({count}, work, work, bytes, 2, begun=begun.append, first=lambda: begun.append(0))
{then}
"""

VIEWS = """from typing import Any

from fastapi import APIRouter

router = APIRouter()


@router.get("/books/{number}")
def book_{number}(data: Any) -> None: ...
"""


def result_of(task: str) -> str:
    """What a process with a single thread gets from a fork that carries out `task`, the body of a function."""
    code = (
        f"import os, signal\nfrom bylaw.engine.forking import in_fork\ndef task():\n    {task}\nprint(in_fork(task)())"
    )
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_a_result_comes_back_whole() -> None:
    assert result_of("return b'x' * 1_000_000") == repr(b"x" * 1_000_000)


@pytest.mark.parametrize("end", ["1 // 0", "os.kill(os.getpid(), signal.SIGKILL)", "os._exit(3)", "raise SystemExit"])
def test_a_fork_that_comes_to_grief_gives_nothing(end: str) -> None:
    assert result_of(f"{end}; return b'never'") == "None"


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("hand_over(b'one'); hand_over(b''); hand_over(b'two')", "[b'one', b'', b'two']"),
        ("hand_over(b'one'); os.kill(os.getpid(), signal.SIGKILL)", "[b'one']"),
        ("hand_over(b'one'); 1 // 0", "[b'one']"),
        ("os._exit(3)", "[]"),
        ("[hand_over(b'x' * 700_000) for _ in range(4)]", str([b"x" * 700_000] * 4)),
        ("time.sleep(0.1); hand_over(b'late')", "[b'late']"),
    ],
)
def test_pieces_come_whole_and_in_order_whatever_becomes_of_the_fork(task: str, expected: str) -> None:
    code = (
        f"import os, signal, time\nfrom bylaw.engine.forking import Pieces\ndef task(hand_over):\n    {task}\n"
        "pieces = Pieces(task)\nfound = [*pieces.arrived()]\ntime.sleep(0.05)\nfound += pieces.arrived()\n"
        "print([*found, *pieces.rest(), *pieces.rest(), *pieces.arrived()])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == expected


def test_one_processor_forks_nothing() -> None:
    assert result_of("return str(os.getpid()).encode()") != "None"
    with_one = "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    code = f"import os\n{with_one}\nfrom bylaw.engine.forking import in_fork\nprint(in_fork(lambda: b'')())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "None"


def shared(count: int, work: str, then: str) -> str:
    """What a process says that shares `count` pieces of work with two forks."""
    code = SHARING.format(count=count, work=work, then=then)
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_shared_work_is_all_done_and_by_several() -> None:
    then = "print(sorted(done) == list(range(60)), {data.split()[1] for data in done.values()} == {b'0', b'1'})"
    assert shared(60, "time.sleep(0.005)", then) == "True True"


def test_what_a_fork_has_begun_with_when_it_dies_is_missing_and_nothing_else() -> None:
    dies = "if os.getpid() != here: os.kill(os.getpid(), signal.SIGKILL)\n    time.sleep(0.05)"
    then = "print(20 - len(done) in (1, 2), begun[0] == 0, begun == sorted(set(begun)))"
    assert shared(20, dies, then) == "True True True"


def test_more_than_a_pipe_holds_is_missing() -> None:
    assert (
        shared(40_000, "pass", "print(0 < len(done) < 40_000, sorted(done) == list(range(len(done))))") == "True True"
    )


def test_forks_whose_parent_is_gone_take_no_more_work() -> None:
    work = "os._exit(3) if os.getpid() == here else (os.write(1, b'.'), time.sleep(0.01))"
    code = SHARING.format(count=2000, work=work, then="")
    gone = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=60)  # waits for all
    assert gone.returncode == 3
    assert len(gone.stdout) < 1000


def test_a_fork_is_used_where_ended_processes_are_not_to_be_waited_for() -> None:
    ignoring = "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"
    code = f"import signal\nfrom bylaw.engine.forking import in_fork\n{ignoring}\nprint(in_fork(lambda: b'here')())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "b'here'"


def check(root: Path, cache: Path) -> bytes:
    command = [sys.executable, "-m", "bylaw", "check", "--output-format", "json", "--exit-zero"]
    environment = {**os.environ, "BYLAW_CACHE_DIR": str(cache)}
    return subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True).stdout


@pytest.fixture
def large_project(tmp_path: Path) -> Path:
    """So many files that rules are shared out, and so many facts that a changed file is read beside them."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "main.py").write_text(
        "from fastapi import FastAPI\n\nimport views_0\n\napp = FastAPI()\napp.include_router(views_0.router)\n"
    )
    for number in range(700):
        text = VIEWS.replace("{number}", str(number)) + f"\n\nNUMBERS = [{'len(str(Any)), ' * 40}]\n" * 8
        (root / f"views_{number}.py").write_text(text)
    return root


def test_the_second_processor_changes_nothing(large_project: Path, tmp_path: Path) -> None:
    shared = check(large_project, tmp_path / "shared")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        alone = check(large_project, tmp_path / "alone")
    finally:
        os.sched_setaffinity(0, allowed)
    assert shared == alone
    assert shared.count(b'"router-registered"') >= 1
    assert shared.count(b'"no-any"') >= 700


def test_a_changed_file_is_read_anew(large_project: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = check(large_project, cache)
    changed = large_project / "views_7.py"
    changed.write_text(changed.read_text().replace("data: Any", "data: object"))
    after = check(large_project, cache)
    assert after.count(b'"path": "views_7.py"') < before.count(b'"path": "views_7.py"')
    assert after == check(large_project, tmp_path / "fresh")


HEAD_START = """
import os, sys, time
from pathlib import Path
from bylaw.engine import ahead

root = Path(sys.argv[1])
ahead.start(str(root), [str(root / name) for name in sys.argv[3:]])
if sys.argv[2] == "overtaken":
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    (root / "a.py").write_text("class Later: ...")

from bylaw.engine.cache import open_cache
from bylaw.engine.discovery import discover
from bylaw.engine.reading import read_all
from bylaw.settings import Settings

read = read_all(root, discover(root, Settings()), open_cache(root, enabled=False))
print([fact.name for fact in read.facts["a.py"].classes], "here" if "tree_sitter" in sys.modules else "ahead")
"""


@pytest.mark.parametrize(
    ("what", "asked", "expected"),
    [
        ("in time", ["a.py"], "['First'] ahead"),
        ("in time", ["a.py", "left_out.py"], "['First'] ahead"),
        ("in time", ["a.py", "gone.py"], "['First'] here"),
        ("in time", ["left_out.py"], "['First'] here"),
        ("in time", ["a.py", "pipe.py"], "['First'] here"),
        ("in time", ["a.py", "endless.py"], "['First'] here"),
        ("overtaken", ["a.py"], "['Later'] here"),
    ],
)
def test_a_head_start_counts_for_files_that_have_not_changed_since(
    tmp_path: Path, what: str, asked: list[str], expected: str
) -> None:
    (tmp_path / "a.py").write_text("class First: ...")
    (tmp_path / "left_out.py").write_text("x = 1")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "endless.py").symlink_to("/dev/zero")
    (tmp_path / ".gitignore").write_text("left_out.py")
    done = subprocess.run(
        [sys.executable, "-c", HEAD_START, str(tmp_path), what, *asked], check=True, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == expected


FROM_NOTHING = """
import os, signal, sys
from pathlib import Path
from bylaw.engine import cold, jobs
from bylaw.settings import Settings

root, what = Path(sys.argv[1]), sys.argv[2]
real, here = jobs.read_early, os.getpid()
def dies(root, paths):
    next(iter(paths))
    os.kill(os.getpid(), signal.SIGKILL)
if what == "the fork dies":
    jobs.read_early = dies
cold.begin(root, ["large.py"] if what == "excluded" else "no list", cached=False)
os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
if what == "overtaken":
    (root / "a.py").write_text("class Later: ...")
if what == "more files":
    (root / "late.py").write_text("class Late: ...")
if what == "fewer files":
    (root / "large.py").unlink()

from bylaw.engine.cache import open_cache
from bylaw.engine.discovery import discover
from bylaw.engine.reading import read_all

settings = Settings(exclude=("large.py",) if what == "left out" else ())
read = read_all(root, discover(root, settings), open_cache(root, enabled=False))
names = [fact.name for facts in read.facts.values() for fact in facts.classes]
print(*names, read.read, sorted(read.failed), "here" if "tree_sitter" in sys.modules else "ahead")
"""


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("in time", "First Large 2 [] ahead"),
        ("excluded", "First Large 2 [] here"),
        ("left out", "First 1 [] ahead"),
        ("the fork dies", "First Large 2 [] here"),
        ("overtaken", "Later Large 2 [] here"),
        ("more files", "First Large Late 3 [] here"),
        ("fewer files", "First 1 [] ahead"),
    ],
)
def test_what_a_fork_has_read_before_all_else_counts_where_it_still_holds(
    tmp_path: Path, what: str, expected: str
) -> None:
    (tmp_path / "a.py").write_text("class First: ...")
    (tmp_path / "large.py").write_text("class Large:\n    x = 1\n")
    command = [sys.executable, "-c", FROM_NOTHING, str(tmp_path), what]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == expected


def test_a_project_whose_facts_are_stored_is_not_read_by_a_fork(large_project: Path, tmp_path: Path) -> None:
    cache = {"BYLAW_CACHE_DIR": str(tmp_path / "cache")}
    code = (
        "import sys\nfrom pathlib import Path\nfrom bylaw.engine import cold\nroot = Path(sys.argv[1])\n"
        "for cached in True, False:\n"
        "    cold.begin(root, None, cached=cached)\n    print(cold.head_start(root) is not None)"
    )

    def begun() -> list[str]:
        command = [sys.executable, "-c", code, str(large_project)]
        done = subprocess.run(command, env={**os.environ, **cache}, check=True, capture_output=True, text=True)
        return done.stdout.split()

    assert begun() == ["True", "True"]
    check(large_project, tmp_path / "cache")
    assert begun() == ["False", "True"]


def test_a_repeated_run_reads_ahead(large_project: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    time.sleep(0.15)
    check(large_project, cache)
    changed = large_project / "views_7.py"
    changed.write_text(changed.read_text().replace("data: Any", "data: object"))
    traced = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bylaw", "check", "--output-format", "json", "--exit-zero"],
        cwd=large_project, env={**os.environ, "BYLAW_CACHE_DIR": str(cache)}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    modules = [line.rpartition("|")[2].strip() for line in traced.stderr.splitlines()]
    assert "bylaw.engine.ahead" in modules
    assert traced.stdout.encode() == check(large_project, tmp_path / "fresh")


def test_a_fork_whose_parent_is_gone_ends() -> None:
    code = "import os\nfrom bylaw.engine.forking import in_fork\nin_fork(lambda: b'x' * 1_000_000)\nos._exit(3)"
    gone = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=60)  # waits for both
    assert gone.returncode == 3
