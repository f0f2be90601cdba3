"""Imports are static and stand at the top."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import File, Finding, Fix, HoistImport, RuffFinding, RuleOptions, Span, ruff_rule
from bylaw.facts.code import Import
from bylaw.facts.values import Call, Ref

_IMPORTERS = ("builtins.__import__", "importlib.__import__", "importlib.import_module")
_HELP = "Import it at the top of the module; where that makes a cycle, move what both sides need into a third module."


class Options(RuleOptions):
    allow_paths: tuple[str, ...] = ("**/tests/**", "**/alembic/env.py")
    """Files (globs from the root) that may import dynamically, such as plugin loaders."""
    allow_type_checking: bool = True
    """Allow imports under `if TYPE_CHECKING:` inside of functions: they never run."""


def _calls(file: File) -> list[Call]:
    return [site.call for site in file.facts.calls if site.call.name in _IMPORTERS]


def _dynamic_calls(file: File, options: Options) -> Iterator[Finding]:
    if not file.matches(options.allow_paths):
        for call in _calls(file):
            yield _unseen(file, call.span)


def _unseen(file: File, span: Span) -> Finding:
    return Finding(file.at(span), f"`{_short(file.text(span))}` imports what no tool can see", help=_HELP)


def _short(code: str) -> str:
    words = " ".join(code.split())
    return words if len(words) <= 60 else f"{words[:59]}…"


@ruff_rule(
    summary="Imports are static and stand at the top of the module",
    severity="error",
    since="0.1.0",
    codes=("PLC0415", "TID251"),
    settings=lambda _: {"lint.flake8-tidy-imports.banned-api": {name: {"msg": "dynamic"} for name in _IMPORTERS}},
    besides=_dynamic_calls,
    fix="unsafe",
    sources=("S3-46", "S3-47", "S3-48"),
)
def no_dynamic_import(found: RuffFinding, file: File, options: Options) -> Iterator[Finding]:
    """A module imports what it needs at its top, by name.

    That is: no `import_module()`, no `__import__()`, and no import inside of a function.
    What a module depends on is then written in one place, for readers, for tools that move or check code, and for the
    interpreter, which fails at the start and not in the middle of a request. An import inside of a function often
    hides a cycle between two modules: the cure is a third module that both of them import.

    Plugin loaders have to import dynamically: name them in `allow-paths`. So does Django's `AppConfig.ready`, which is
    left alone. ruff finds the imports (PLC0415, TID251); a `# noqa: PLC0415` holds here too.

    Bad:

    ```python app/reports.py
    from importlib import import_module


    def render(kind):
        from app.templates import load

        return import_module(f"app.reports.{kind}").render(load(kind))
    ```

    Good:

    ```python app/reports.py
    from app.reports import monthly, yearly
    from app.templates import load

    RENDERERS = {"monthly": monthly.render, "yearly": yearly.render}


    def render(kind):
        return RENDERERS[kind](load(kind))
    ```
    """
    if file.matches(options.allow_paths):
        return
    imports = [item for item in file.facts.imports if item.span.contains(found.span)]
    if found.code == "TID251":
        calls = _calls(file)
        if not any(call.span.contains(found.span) for call in calls) and not (imports and calls):
            yield _unseen(file, found.span)
    elif not (options.allow_type_checking and any(item.typing_only for item in imports)):
        function = next((item.function for item in imports), "")
        if not _is_ready_hook(file, function):
            where = f"inside of `{function.rpartition('.')[2]}`" if function else "inside of a class"
            message = f"`{_short(file.text(found.span))}` stands {where}"
            yield Finding(file.at(found.span), message, help=_HELP, fix=_hoisted(file, found.span, imports))


def _hoisted(file: File, span: Span, imports: list[Import]) -> Fix | None:
    """Moving may make a cycle, so it is unsafe; an import under a condition has a reason to be there, and stays."""
    if not imports or any(item.conditional or not item.function for item in imports):
        return None
    return Fix("Move the import to the top of the module", (HoistImport(file.path, span),))


def _is_ready_hook(file: File, function: str) -> bool:
    """Django loads its models before `AppConfig.ready`, and only there may a module that needs them be imported."""
    owner, _, name = function.rpartition(".")
    bases = [base for item in file.facts.classes if item.qualified == owner for base in item.bases]
    return name == "ready" and any(isinstance(base, Ref) and base.name.endswith("AppConfig") for base in bases)
