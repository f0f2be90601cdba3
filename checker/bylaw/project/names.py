"""Follows qualified names across files: through imports, aliases, re-exports and star imports, to the definition.

A *canonical* name starts with the path-derived module of the defining file (`server.app.models.user.User`). Code imports it as
`app.models.user.User` when `server/` is a source root: the module index matches from the right, and prefers the candidate that
shares most of its path with the importing file.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from bylaw.facts.code import Class, Function, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Ref

MAX_HOPS = 40


class Definition:
    """Where a name is defined: the file, and the class, function or variable; none of them for a module itself."""

    def __init__(self, file: FileFacts, name: str, item: Class | Function | Variable | None) -> None:
        self.file = file
        self.name = name
        self.item = item


class Names:
    """An index of all modules of a project."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self.files = [facts for facts in files if facts.language == "python"]
        self.modules: dict[str, FileFacts] = {}
        for facts in self.files:
            self.modules.setdefault(facts.module, facts)
        self._members: dict[str, dict[str, Class | Function | Variable]] = {}
        self._imported: dict[str, dict[str, str]] = {}
        self._cache: dict[tuple[str, str], str] = {}

    @cached_property
    def _by_tail(self) -> dict[str, list[str]]:
        """Every dotted tail of every module name: `c`, `b.c`, `a.b.c` → `a.b.c`."""
        index: dict[str, list[str]] = {}
        for module in self.modules:
            parts = module.split(".")
            for at in range(len(parts)):
                index.setdefault(".".join(parts[at:]), []).append(module)
        return index

    def module(self, name: str, near: str = "") -> FileFacts | None:
        """The file that `import name` means when written in the file of module `near`; None for a library."""
        if name in self.modules and (not near or name.split(".")[0] == near.split(".")[0]):
            return self.modules[name]
        candidates = self._by_tail.get(name)
        if not candidates:
            return None
        best = max(candidates, key=lambda candidate: (self._shared(candidate, name, near), -len(candidate)))
        return self.modules[best] if self._importable(best, name, near) else None

    def _shared(self, candidate: str, name: str, near: str) -> int:
        root = candidate[: -len(name)].rstrip(".")
        return len(root) + 1 if not root or near == root or near.startswith(root + ".") else -1

    def _importable(self, candidate: str, name: str, near: str) -> bool:
        """The part before `name` is a source root: not itself a package, or one that the importing file lives under."""
        root = candidate[: -len(name)].rstrip(".")
        if not root or not near or near.startswith(root + "."):
            return True
        return root not in self.modules and "." in name

    def resolve(self, name: str, near: str = "") -> str:
        """The canonical name of a qualified name; names of libraries come back as they are."""
        key = (name, near)
        if key not in self._cache:
            self._cache[key] = name
            self._cache[key] = self._resolve(name, near)
        return self._cache[key]

    def _resolve(self, name: str, near: str) -> str:
        for _ in range(MAX_HOPS):
            found = self._split(name, near)
            if found is None:
                return name
            facts, rest = found
            if not rest:
                return facts.module
            head, _, tail = rest.partition(".")
            if head in self._members_of(facts):
                followed = self._follow_alias(facts, head)
                if followed is None:
                    return f"{facts.module}.{rest}"
                target = followed
            elif (imported := self._imports_of(facts).get(head)) is not None:
                target = imported
            elif (starred := self._through_star(facts, head)) is not None:
                target = starred
            else:
                return f"{facts.module}.{rest}"
            following = f"{target}.{tail}" if tail else target
            if following == name:
                return name
            name, near = following, facts.module
        return name

    def _follow_alias(self, facts: FileFacts, head: str) -> str | None:
        """`Name = other.Name` at module level is an alias; anything else is a definition."""
        item = self._members_of(facts)[head]
        if isinstance(item, Variable) and isinstance(item.value, Ref) and not item.augmented and item.value.name != f"{facts.module}.{head}":
            return item.value.name
        return None

    def _split(self, name: str, near: str) -> tuple[FileFacts, str] | None:
        """The longest prefix that is a module of the project, and what follows it."""
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            facts = self.module(".".join(parts[:end]), near)
            if facts is not None:
                return facts, ".".join(parts[end:])
        return None

    def _members_of(self, facts: FileFacts) -> dict[str, Class | Function | Variable]:
        members = self._members.get(facts.module)
        if members is None:
            members = {}
            for variable in facts.variables:
                known = members.get(variable.name)
                if known is None or (isinstance(known, Variable) and _stands_in(known)):
                    members[variable.name] = variable
            for item in (*facts.functions, *facts.classes):
                if not item.owner:
                    members[item.name] = item
            self._members[facts.module] = members
        return members

    def _imports_of(self, facts: FileFacts) -> dict[str, str]:
        imported = self._imported.get(facts.module)
        if imported is None:
            imported = {}
            for item in facts.imports:
                if item.local != "*" and not item.function:
                    imported[item.local] = item.local if item.is_module and item.target.partition(".")[0] == item.local else item.target
            self._imported[facts.module] = imported
        return imported

    def _through_star(self, facts: FileFacts, head: str) -> str | None:
        for item in facts.imports:
            if item.local == "*":
                source = self.module(item.target, facts.module)
                if source is not None and source is not facts:
                    candidate = self.resolve(f"{source.module}.{head}", facts.module)
                    if self.definition(candidate) is not None:
                        return candidate
        return None

    def definition(self, name: str, near: str = "") -> Definition | None:
        """Where a name is defined in this project, or None for a library's or an unknown name."""
        canonical = self.resolve(name, near)
        found = self._split(canonical, near)
        if found is None:
            return None
        facts, rest = found
        if not rest:
            return Definition(facts, canonical, None)
        head = rest.partition(".")[0]
        item = self._members_of(facts).get(head)
        if item is None:
            return None
        if "." in rest:
            nested = next((entry for entry in (*facts.classes, *facts.functions) if entry.qualified == canonical), None)
            return Definition(facts, canonical, nested) if nested is not None else None
        return Definition(facts, canonical, item)


def _stands_in(variable: Variable) -> bool:
    """`Base = Any`, written for type checkers where the real value follows in the other branch."""
    return variable.conditional and isinstance(variable.value, Ref) and variable.value.name in {"typing.Any", "builtins.object"}
