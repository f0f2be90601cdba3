"""The server for coding agents, talked to with the official client over standard input and output."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

pytest.importorskip("mcp")

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

ROOT = Path(__file__).parent.parent
Conversation = Callable[[ClientSession], Awaitable[list[str]]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "fixtures" / "projects" / "bookshop", tmp_path / "bookshop"))


def talk(folder: Path, conversation: Conversation) -> list[str]:
    """Start the server in a folder, hold a conversation, and return what it brought."""

    async def hold() -> list[str]:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "bylaw", "mcp"],
            cwd=folder,
            env={"BYLAW_CACHE_DIR": str(folder / "cache")},
        )
        async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            return await conversation(session)

    return asyncio.run(asyncio.wait_for(hold(), 60))


async def ask(session: ClientSession, tool: str, **arguments: object) -> str:
    answer = await session.call_tool(tool, arguments)
    return "".join(part.text for part in answer.content if part.type == "text")


def test_it_offers_three_tools_that_say_what_they_do(shop: Path) -> None:
    async def conversation(session: ClientSession) -> list[str]:
        tools = (await session.list_tools()).tools
        assert all(tool.description for tool in tools)
        return sorted(tool.name for tool in tools)

    assert talk(shop, conversation) == ["check", "conventions", "explain"]


def test_check_reports_on_paths_and_knows_the_whole_project(shop: Path) -> None:
    async def conversation(session: ClientSession) -> list[str]:
        return [
            await ask(session, "check", paths=["app/api/reviews.py"]),
            await ask(session, "check", paths=["app/main.py"]),
            await ask(session, "check"),
        ]

    reviews, main, everything = talk(shop, conversation)
    assert "router-registered" in reviews
    assert "no-any" not in reviews
    assert main == "No findings; 1 file checked.\n"
    assert "no-hard-delete" in everything
    assert "table-registered" in everything


def test_check_takes_unsaved_texts(shop: Path) -> None:
    main = (shop / "app" / "main.py").read_text()
    mended = main.replace("books, customers", "books, customers, reviews")

    async def conversation(session: ClientSession) -> list[str]:
        return [
            await ask(
                session, "check", unsaved={"app/new.py": "from typing import Any\n\n\ndef f(x: Any) -> None: ...\n"}
            ),
            await ask(session, "check", paths=["app/api/reviews.py"], unsaved={"app/main.py": mended}),
        ]

    new, reviews = talk(shop, conversation)
    assert "app/new.py" in new
    assert "no-any" in new
    assert reviews == "No findings; 1 file checked.\n"
    assert not (shop / "app" / "new.py").exists()


def test_conventions_come_with_their_options_and_explain_tells_more(shop: Path) -> None:
    async def conversation(session: ClientSession) -> list[str]:
        return [
            await ask(session, "conventions", path="app/models/invoice.py"),
            await ask(session, "explain", rule="descriptive-primary-key"),
        ]

    conventions, explanation = talk(shop, conversation)
    assert "descriptive-primary-key (error)" in conventions
    assert "root-modules" in conventions
    assert "Bad:" in explanation


def test_conventions_are_those_of_the_path(shop: Path) -> None:
    (shop / "node_modules").mkdir()

    async def conversation(session: ClientSession) -> list[str]:
        paths = ("app/models/invoice.py", "db/migrations/0009_x.sql", "README.md", "app", "node_modules/x.py")
        return [await ask(session, "conventions", path=path) for path in paths]

    model, migration, prose, folder, hidden = talk(shop, conversation)
    (apart,) = [line for line in model.splitlines() if line.startswith("In the migrations that go with it")]
    assert "no-immediate-drop" in apart
    assert " no-immediate-drop (" not in model
    for answer in (migration, folder):
        assert " no-immediate-drop (error)" in answer
        assert "that go with it" not in answer
    assert prose == "No convention holds for README.md: neither Python (.py) nor SQL (.sql).\n"
    assert hidden == "No convention holds for node_modules/x.py: node_modules is left out: never searched.\n"


def test_what_is_wrong_comes_back_as_a_sentence(shop: Path) -> None:
    async def conversation(session: ClientSession) -> list[str]:
        return [
            await ask(session, "check", paths=["app/nowhere.py"]),
            await ask(session, "check", paths=["../../etc/passwd"]),
            await ask(session, "explain", rule="no-anny"),
        ]

    nowhere, outside, unknown = talk(shop, conversation)
    assert "there is no such file or folder" in nowhere
    assert "outside the project" in outside
    assert "no-any" in unknown


def test_an_error_is_marked_as_one_and_an_answer_comes_as_text_alone(shop: Path) -> None:
    async def conversation(session: ClientSession) -> list[str]:
        calls: list[tuple[str, dict[str, object]]] = [
            ("explain", {"rule": "no-any"}),
            ("explain", {"rule": "no-anny"}),
            ("check", {"paths": ["app/nowhere.py"]}),
        ]
        answers = [await session.call_tool(tool, arguments) for tool, arguments in calls]
        assert all(answer.structured_content is None for answer in answers)
        return ["error" if answer.is_error else "answer" for answer in answers]

    assert talk(shop, conversation) == ["answer", "error", "error"]


def test_a_wrong_configuration_is_told_and_the_server_lives_on(shop: Path) -> None:
    config = (shop / "bylaw.toml").read_text()

    async def conversation(session: ClientSession) -> list[str]:
        (shop / "bylaw.toml").write_text("exclud = []\n")
        wrong = await ask(session, "check")
        (shop / "bylaw.toml").write_text(config)
        return [wrong, await ask(session, "check", paths=["app/main.py"])]

    wrong, right = talk(shop, conversation)
    assert "exclud" in wrong
    assert right == "No findings; 1 file checked.\n"


def test_what_is_not_read_is_said(shop: Path) -> None:
    (shop / "bylaw.toml").write_text('exclude = ["legacy/"]\nmax-file-size = 1000\n')
    (shop / "legacy").mkdir()
    (shop / "legacy" / "old.py").write_text("x = 1\n")

    async def conversation(session: ClientSession) -> list[str]:
        return [
            await ask(session, "check", paths=["legacy/old.py"]),
            await ask(session, "check", unsaved={"app/large.py": "x = 1\n" * 1000}),
            await ask(session, "check", unsaved={"README.md": "hello, world"}),
        ]

    excluded, large, other = talk(shop, conversation)
    note = "No findings; 0 files checked.\nNote: {}.\n"
    assert note.format("legacy/old.py is not checked: legacy is left out: excluded by the configuration") in excluded
    assert note.format("app/large.py is not checked: larger than 1,000 bytes") in large
    assert note.format("README.md is not checked: neither Python (.py) nor SQL (.sql)") in other


def test_odd_arguments_are_answered_in_words(shop: Path) -> None:
    (shop / "ring").symlink_to("ring")
    (shop / "out").symlink_to(shop.parent)

    async def conversation(session: ClientSession) -> list[str]:
        return [
            await ask(session, "check", paths=["a\0b"]),
            await ask(session, "check", paths=["ring"]),
            await ask(session, "check", unsaved={"": "x = 1"}),
            await ask(session, "check", unsaved={"app": "x = 1"}),
            await ask(session, "check", unsaved={"out/x.py": "x = 1"}),
            await ask(session, "check", since="--output=/tmp/x"),
            await ask(session, "conventions", path="/etc/passwd"),
            await ask(session, "check", contents={"app/x.py": "x = 1"}),
            await ask(session, "check", path=["app"]),
        ]

    nul, ring, nameless, folder, out, since, conventions, contents, path = talk(shop, conversation)
    assert nul.startswith("Error: 'a\\x00b': is no path")
    assert "there is no such file" in ring
    assert "(no name): is a folder" in nameless
    assert "app: is a folder" in folder
    assert "is outside the project" in out
    assert "nothing can be compared with" in since
    assert "is outside the project" in conventions
    assert contents == (
        "Error: check has no argument 'contents'\nHint: the arguments of check are paths, unsaved, since"
    )
    assert path == "Error: check has no argument 'path'\nHint: did you mean \"paths\"?"


def test_conventions_that_a_project_does_not_follow_are_not_asked_for(shop: Path) -> None:
    (shop / "bylaw.toml").write_text("")

    async def conversation(session: ClientSession) -> list[str]:
        return [await ask(session, "conventions", path="app/models/invoice.py")]

    (conventions,) = talk(shop, conversation)
    asked, _, others = conventions.partition("Not followed here, so not asked for:\n")
    assert " descriptive-foreign-key (" not in asked
    assert " soft-delete-column (warning): Every primary entity has the soft-delete column\n" in asked
    assert " descriptive-foreign-key: 1 of 2 tables keep the convention\n" in others
