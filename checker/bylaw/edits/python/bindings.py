"""What a module's top level binds at run time, as far as a new import has to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from bylaw.diagnostics import AddImport
from bylaw.edits.python.source import PythonFile
from bylaw.edits.text import EditError
from bylaw.readers.python.scope import BUILTINS, Scope, bound_names

_DEEPEST = 100
_OPAQUE = frozenset({"function_definition", "class_definition", "lambda"})


@dataclass(frozen=True)
class Imported:
    """One name that an import binds: `name` of `module`, or the module itself when `name` is empty."""

    module: str
    name: str
    local: str
    statement: Node
    top: bool
    """A statement of the module itself, in no block."""


def same_module(path: str, left: str, right: str) -> bool:
    """Whether two spellings in the file at `path` name one module; a relative one is resolved by the path."""
    one, other = _absolute(path, left), _absolute(path, right)
    if one == other:
        return True
    if left.startswith(".") == right.startswith("."):
        return False
    derived, written = (one, other) if left.startswith(".") else (other, one)
    return derived.endswith(f".{written}")


def _absolute(path: str, module: str) -> str:
    name = module.lstrip(".")
    stem = path.removesuffix(".pyi").removesuffix(".py")
    is_package = stem.endswith("/__init__") or stem == "__init__"
    own = stem.removesuffix("__init__").rstrip("/").replace("/", ".")
    return Scope(own, is_package).absolute(len(module) - len(name), name)


class Bindings:
    """The imports and other names of one module."""

    def __init__(self, file: PythonFile) -> None:
        self.file = file
        self.imports: list[Imported] = []
        self.others: set[str] = set()
        self._collect(file.root, 0)
        self._claimed: dict[str, AddImport] = {}

    def has(self, edit: AddImport) -> bool:
        """Whether the very import is there, in whatever spelling."""
        local = edit.alias or edit.name
        for item in self.imports:
            if not same_module(self.file.path, item.module, edit.module) or item.name != edit.name:
                continue
            if item.local == (local or edit.module.partition(".")[0]):
                return True
        return False

    def claim(self, edit: AddImport) -> None:
        """Take the local name for a new import. Raises EditError when it means something else already."""
        local = edit.alias or edit.name or edit.module.partition(".")[0]
        package = not edit.name and not edit.alias
        taken = (
            local in BUILTINS
            or local in self.others
            or any(
                item.local == local and not (package and not item.name and item.module.partition(".")[0] == local)
                for item in self.imports
            )
        )
        before = self._claimed.setdefault(local, edit)
        both_packages = package and not before.name and not before.alias
        if taken or (before != edit and not both_packages):
            raise EditError(f"`{local}` means something else in {self.file.path} already")

    def statement_of(self, module: str) -> Node | None:
        """The last `from module import …` of the module's own top level that names can be added to."""
        named = [item for item in self.imports if item.top and item.name]
        found = [item.statement for item in named if same_module(self.file.path, item.module, module)]
        return found[-1] if found else None

    def _collect(self, node: Node, depth: int) -> None:
        """Names bound by a statement and by the blocks in it, but not in functions, classes or under TYPE_CHECKING."""
        for child in node.named_children:
            if child.type in {"import_statement", "import_from_statement"}:
                self.imports += imported(self.file, child, top=depth == 0)
            elif child.type in _OPAQUE:
                if name := child.child_by_field_name("name"):
                    self.others.add(self.file.text(name))
            elif child.type == "if_statement" and _is_typing_block(self.file, child):
                for clause in child.children_by_field_name("alternative"):
                    self._collect(clause, depth + 1)
            else:
                self.others.update(self.file.text(name) for name in _targets(child))
                if depth < _DEEPEST:
                    self._collect(child, depth + 1)


def _targets(node: Node) -> list[Node]:
    if node.type in {"assignment", "augmented_assignment", "for_statement", "type_alias_statement"}:
        return bound_names(node.child_by_field_name("left"))
    if node.type == "named_expression":
        return bound_names(node.child_by_field_name("name"))
    if node.type == "as_pattern_target":
        return bound_names(node)
    return []


def _is_typing_block(file: PythonFile, node: Node) -> bool:
    condition = node.child_by_field_name("condition")
    return condition is not None and file.text(condition).rpartition(".")[2] == "TYPE_CHECKING"


def imported(file: PythonFile, node: Node, *, top: bool) -> Iterator[Imported]:
    """The names that an import statement binds, none for a star. `top`: it is a statement of the module itself."""
    source = node.child_by_field_name("module_name")
    module = "".join(file.text(source).split()) if source is not None else ""
    for item in node.children_by_field_name("name"):
        name, alias = item.child_by_field_name("name"), item.child_by_field_name("alias")
        written = "".join(file.text(name if name is not None else item).split())
        local = file.text(alias) if alias is not None else ""
        if source is not None:
            yield Imported(module, written, local or written, node, top)
        else:
            yield Imported(written, "", local or written.partition(".")[0], node, top)
