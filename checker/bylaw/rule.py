"""How a rule is written: one decorated generator with options, metadata and a docstring that is its documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, get_type_hints

import msgspec

from bylaw.diagnostics import Concern, Finding, Severity
from bylaw.source import Span

if TYPE_CHECKING:
    from bylaw.project import File, Project

FixKind = Literal["none", "safe", "unsafe", "display"]
Confidence = Literal["certain", "heuristic"]


class RuleOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What users may choose about a rule: fields with defaults, each with a text below it, which `bylaw explain` shows.

    A frozen dataclass does as well; making one takes forty times as long.
    """

    def changed(self, **values: object) -> Self:
        """These options with other values for some fields."""
        return msgspec.structs.replace(self, **values)


class NoOptions(RuleOptions, frozen=True):
    """For a rule that has nothing to choose."""


SLIPS = 5
"""So many deviants from a convention are believed to be slips. Who has more knows of them, unless they are few among
many.
"""


class Adoption(msgspec.Struct, frozen=True):
    """How far a project keeps a convention already: `keeping` of `examined` places do. `what` names the places.

    `slips`: how many of those that do not may be slips (`SLIPS`), where these are what the rule reports.
    """

    examined: int
    keeping: int
    what: str = "tables"
    slips: int | None = None

    @property
    def followed(self) -> bool:
        """At least five places, three quarters of which keep the convention; nine tenths, with more than `slips` that
        do not.
        """
        if self.examined < 5 or self.keeping * 4 < self.examined * 3:
            return False
        many = self.slips is not None and self.examined - self.keeping > self.slips
        return not many or self.keeping * 10 >= self.examined * 9


class _NamesMarker(Protocol):
    @property
    def column(self) -> str: ...


def marker_adoption(project: Project, options: _NamesMarker) -> Adoption:
    """How many of the application's tables have the soft-delete marker that an option `column` names."""
    return Adoption(*project.soft_deletes(options.column).coverage)


class RuffFinding(msgspec.Struct, frozen=True):
    """One finding of ruff in a file: the code, its message, and where (bytes)."""

    path: str
    code: str
    message: str
    span: Span


class Rule(msgspec.Struct, frozen=True):
    """A rule with its metadata. `name` comes from the function, `category` from the folder it stands in."""

    name: str
    scope: Literal["file", "project", "ruff"]
    summary: str
    severity: Severity
    since: str
    check: Callable[..., Iterator[Finding]]
    options_type: type[Any]
    documentation: str
    fix: FixKind = "none"
    sources: tuple[str, ...] = ()
    concern: Concern | None = None
    confidence: Confidence = "certain"
    adoption: Callable[[Any, Any], Adoption] | None = None
    ruff_codes: tuple[str, ...] = ()
    ruff_settings: Callable[[Any], Mapping[str, object]] | None = None
    besides: Callable[[Any, Any], Iterator[Finding]] | None = None
    category: str = ""
    pack: str = ""
    module: str = ""

    @property
    def default_options(self) -> Any:
        return self.options_type()

    @property
    def option_names(self) -> tuple[str, ...]:
        """The fields of its options, in the order of their declaration."""
        return _names_of(self.options_type)


def _names_of(options_type: type[Any]) -> tuple[str, ...]:
    if issubclass(options_type, msgspec.Struct):
        return options_type.__struct_fields__
    from dataclasses import fields  # noqa: PLC0415 - for rules of users

    return tuple(field.name for field in fields(options_type))  # class variables are none of them


def _make(function: Callable[..., Iterator[Finding]], scope: Literal["file", "project", "ruff"], **meta: Any) -> Rule:
    options_type = _options_type(function)
    if not isinstance(options_type, type) or not (
        issubclass(options_type, msgspec.Struct) or hasattr(options_type, "__dataclass_fields__")
    ):
        raise TypeError(
            f"{function.__name__}: its `options` parameter must be annotated with a RuleOptions or a frozen dataclass"
        )
    return Rule(
        name=function.__name__.replace("_", "-"),
        scope=scope,
        check=function,
        options_type=options_type,
        documentation=function.__doc__ or "",
        module=function.__module__,
        **meta,
    )


def _options_type(function: Callable[..., Iterator[Finding]]) -> Any:
    """The class that annotates the parameter `options`."""
    annotation = function.__annotations__.get("options", NoOptions)
    if isinstance(annotation, str) and isinstance(function.__globals__.get(annotation), type):
        return function.__globals__[annotation]  # looking up every annotation of every rule takes milliseconds
    if isinstance(annotation, str):
        return get_type_hints(function, localns={"Project": object, "File": object})["options"]
    return annotation


def file_rule(
    *,
    summary: str,
    severity: Severity,
    since: str,
    fix: FixKind = "none",
    sources: tuple[str, ...] = (),
    confidence: Confidence = "certain",
) -> Callable[[Callable[[File, Any], Iterator[Finding]]], Rule]:
    """A rule over one file: `def no_any(file: File, options: Options) -> Iterator[Finding]`."""

    def decorate(function: Callable[[File, Any], Iterator[Finding]]) -> Rule:
        return _make(
            function,
            "file",
            summary=summary,
            severity=severity,
            since=since,
            fix=fix,
            sources=sources,
            confidence=confidence,
        )

    return decorate


def project_rule(
    *,
    summary: str,
    severity: Severity,
    since: str,
    fix: FixKind = "none",
    sources: tuple[str, ...] = (),
    confidence: Confidence = "certain",
    concern: Concern | None = None,
    adoption: Callable[[Any, Any], Adoption] | None = None,
) -> Callable[[Callable[[Project, Any], Iterator[Finding]]], Rule]:
    """A rule over the whole project: `def router_registered(project: Project, options: Options) -> Iterator[Finding]`.

    `adoption` says how far the project keeps the convention; options with a field `when = "followed"` then make the
    rule sleep where it does not.
    """

    def decorate(function: Callable[[Project, Any], Iterator[Finding]]) -> Rule:
        return _make(
            function, "project", summary=summary, severity=severity, since=since, fix=fix, sources=sources,
            confidence=confidence, concern=concern, adoption=adoption,
        )  # fmt: skip

    return decorate


def ruff_rule(
    *,
    summary: str,
    severity: Severity,
    since: str,
    codes: tuple[str, ...],
    settings: Callable[[Any], Mapping[str, object]] | None = None,
    besides: Callable[[File, Any], Iterator[Finding]] | None = None,
    fix: FixKind = "none",
    sources: tuple[str, ...] = (),
) -> Callable[[Callable[[RuffFinding, File, Any], Iterator[Finding]]], Rule]:
    """A convention that ruff checks: `def max_complexity(found: RuffFinding, file: File, options: Options)`.

    The function turns one finding of ruff into ours, or into nothing. `settings` maps the options to ruff settings
    by dotted name (`{"lint.mccabe.max-complexity": 10}`). `besides` finds in a file what ruff does not see of the
    convention.
    """

    def decorate(function: Callable[[RuffFinding, File, Any], Iterator[Finding]]) -> Rule:
        return _make(
            function, "ruff", summary=summary, severity=severity, since=since, fix=fix, sources=sources,
            ruff_codes=codes, ruff_settings=settings, besides=besides,
        )  # fmt: skip

    return decorate
