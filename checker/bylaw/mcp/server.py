"""Serves the tools `check`, `explain` and `conventions` with the official SDK."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, TextContent
from pydantic import Field

from bylaw import __version__
from bylaw.errors import BylawError, did_you_mean
from bylaw.mcp.answers import Answers

if TYPE_CHECKING:
    from mcp.types import InputRequiredResult

_INSTRUCTIONS = (
    "bylaw knows this project's own conventions. Call `conventions` with a path before writing a file, "
    "and `check` after (or with the text as `unsaved` before saving it); `explain` tells how to repair a finding."
)
_PATHS = "Files or folders to report on, from the folder the server was started in; none means the whole project."
_SINCE = "A commit, branch or tag: migrations new or changed since are judged. Empty: since the default branch."
_UNSAVED = "Texts by path that are checked in place of (or beside) what is on the disk."


class _Server(MCPServer):
    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Refuses arguments that a tool does not have: leaving them out, as the SDK does, an agent that calls the text
        it wants to have checked by another name would hear of what is on the disk.
        """
        for tool in await self.list_tools():
            known = list(tool.input_schema.get("properties", ()))
            unknown = [argument for argument in arguments if argument not in known]
            if tool.name == name and unknown:
                hint = did_you_mean(unknown[0], known) or f"the arguments of {name} are {', '.join(known)}"
                return _text(f"Error: {name} has no argument {unknown[0]!r}\nHint: {hint}", is_error=True)
        return await super().call_tool(name, arguments, context)


def build(start: Path) -> MCPServer:
    """The server for the project that `start` lies in."""
    answers = Answers(start)
    server = _Server("bylaw", instructions=_INSTRUCTIONS, version=__version__)

    @server.tool(description="Check the project's conventions. Rules see all files, whatever is reported.")
    def check(
        paths: Annotated[list[str] | None, Field(description=_PATHS)] = None,
        unsaved: Annotated[dict[str, str] | None, Field(description=_UNSAVED)] = None,
        since: Annotated[str, Field(description=_SINCE)] = "",
    ) -> CallToolResult:
        return _said(lambda: answers.check(paths or [], unsaved or {}, since))

    @server.tool(description="Explain a rule: what it checks, why, how to repair, its options.")
    def explain(rule: Annotated[str, Field(description="The rule's name, such as no-any.")]) -> CallToolResult:
        return _said(lambda: answers.explain(rule))

    @server.tool(description="Which conventions hold for a path, with their options. Ask before writing the file.")
    def conventions(
        path: Annotated[str, Field(description="The file to be written; it need not exist.")] = ".",
    ) -> CallToolResult:
        return _said(lambda: answers.conventions(path))

    return server


def _said(answer: Callable[[], str]) -> CallToolResult:
    """The answer, once and as text; or, marked as an error, what is wrong and what to do: an agent reads sentences, not
    stack traces.
    """
    try:
        return _text(answer())
    except BylawError as error:
        return _text(f"Error: {error.message}" + (f"\nHint: {error.hint}" if error.hint else ""), is_error=True)
    except Exception as error:
        failure = f"Error: failed: {type(error).__name__}: {error}\nHint: this should not happen; please report it"
        return _text(failure, is_error=True)


def _text(text: str, *, is_error: bool = False) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=is_error)


def serve() -> int:
    """Serve until standard input ends; returns the exit code."""
    build(Path.cwd()).run("stdio")
    return 0
