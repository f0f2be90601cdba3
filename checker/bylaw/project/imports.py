"""Which modules run when a module is imported: through others, parent packages, and functions that are called
meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bylaw.facts.code import CallSite, Class, Function, Import
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Attr, Call, Constant, Items, Local, Operator, Ref, Text, Value, text_of, walk
from bylaw.project.names import Names
from bylaw.project.running import NOTHING, Uses, uses_of

_LISTS_A_PACKAGE = frozenset({"walk_packages", "iter_modules", "find_modules", "import_submodules"})


class Reach(msgspec.Struct):
    """What runs: modules (canonical names), and prefixes of modules that a discovery may load ('' for any module)."""

    modules: set[str] = msgspec.field(default_factory=set)
    discovered: set[str] = msgspec.field(default_factory=set)

    def may_hold(self, module: str) -> bool:
        """Whether a discovery that cannot be followed may load the module."""
        return any(not prefix or module == prefix or module.startswith(f"{prefix}.") for prefix in self.discovered)


class ImportGraph:
    """Answers what importing a module executes. Imports for type checkers never count."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._functions: dict[str, tuple[Function, FileFacts]] = {}
        self._inner: dict[str, list[str]] = {}
        self._lazy: set[str] = set()
        for file in names.files:
            for function in file.functions:
                self._functions[function.qualified] = (function, file)
                if function.owner:
                    self._inner.setdefault(function.owner, []).append(function.qualified)
                elif function.name == "__getattr__":
                    self._lazy.add(file.path)
        self._direct: dict[str, frozenset[str]] = {}
        self._modules: dict[tuple[str, str], str] = {}
        self._uses: dict[str, dict[str, Uses]] = {}

    def direct(self, module: str) -> frozenset[str]:
        """The modules that the top level of a module imports, without their parent packages."""
        found = self._direct.get(module)
        if found is None:
            file = self.names.modules[module]
            targets = (self.target(item, file) for item in file.imports if not item.typing_only and not item.function)
            found = self._direct[module] = frozenset(target for target in targets if target)
        return found

    def target(self, item: Import, file: FileFacts) -> str:
        """The module of the project that an import loads, '' for a library's."""
        return self.module_of(item.target, file.module)

    def module_of(self, name: str, near: str) -> str:
        """The module that a dotted name is or is in."""
        key = (name, near)
        if key not in self._modules:
            self._modules[key] = self._module_of(name, near)
        return self._modules[key]

    def _module_of(self, name: str, near: str) -> str:
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            found = self.names.module(".".join(parts[:end]), near)
            if found is not None:
                return found.module
        return ""

    def reach(self, entries: Iterable[str], *, all_functions: bool = False) -> Reach:
        """Everything that runs once the `entries` (canonical module names) are imported.

        All functions of the entries count as called, and with `all_functions` those of every module that runs.
        """
        walk = _Walk(self, all_functions=all_functions)
        for entry in entries:
            walk.add_module(entry)
            walk.run_functions_of(entry)
        walk.finish()
        return walk.reach

    def function(self, name: str) -> tuple[Function, FileFacts] | None:
        return self._functions.get(name)

    def inner(self, owner: str) -> list[str]:
        """Qualified names of the functions defined in a function or class."""
        return self._inner.get(owner, [])

    def is_lazy(self, file: FileFacts) -> bool:
        """Whether a package gives its names by `__getattr__`."""
        return file.path in self._lazy

    def uses(self, file: FileFacts, function: str) -> Uses:
        """What a function of a file does when it runs; '' is the top level."""
        known = self._uses.get(file.path)
        if known is None:
            known = self._uses[file.path] = uses_of(file)
        return known.get(function, NOTHING)


class _Walk:
    def __init__(self, graph: ImportGraph, *, all_functions: bool) -> None:
        self.graph = graph
        self.names = graph.names
        self.reach = Reach()
        self._all = all_functions
        self._waiting: list[str] = []
        self._called: set[str] = set()
        self._to_call: list[str] = []

    def add_module(self, module: str) -> None:
        while module and module in self.names.modules and module not in self.reach.modules:
            self.reach.modules.add(module)
            self._waiting.append(module)
            module = module.rpartition(".")[0]
        if "." in module and module not in self.names.modules:
            self.add_module(module.rpartition(".")[0])

    def run_functions_of(self, module: str) -> None:
        for function in self.names.modules[module].functions if module in self.names.modules else ():
            self._call(function.qualified)

    def finish(self) -> None:
        while self._waiting or self._to_call:
            if self._waiting:
                module = self._waiting.pop()
                self._execute(self.names.modules[module], "")
                if self._all:
                    self.run_functions_of(module)
            else:
                name = self._to_call.pop()
                found = self.graph.function(name)
                if found is not None:
                    self._execute(found[1], name)
                for inner in self.graph.inner(name):
                    self._call(inner)

    def _call(self, qualified: str) -> None:
        if qualified not in self._called:
            self._called.add(qualified)
            self._to_call.append(qualified)

    def _execute(self, file: FileFacts, function: str) -> None:
        uses = self.graph.uses(file, function)
        for name in uses.imports:
            self._load(name, file.module)
        for name in uses.stars:
            self._load_listed(name, file.module)
        for name in uses.runs:
            self._run(name, file.module)
        for site in uses.discoveries:
            self._discover(site, file)

    def _load(self, name: str, near: str) -> None:
        """Import a dotted name: the module itself, and what a lazy package would load for it."""
        module = self.graph.module_of(name, near)
        if not module:
            return
        self.add_module(module)
        file = self.names.modules[module]
        if self.graph.is_lazy(file) and name.rpartition(".")[2] != module.rpartition(".")[2]:
            self._load_lazily(file)

    def _load_listed(self, package: str, near: str) -> None:
        """`from package import *` imports the modules that its `__all__` names; a computed one may name any of them."""
        file = self.names.module(package, near)
        if file is None or not file.is_package:
            return
        for name in file.exports or ():
            self._load(f"{file.module}.{name}", near)
        if file.exports is None and any(variable.name == "__all__" for variable in file.variables):
            self.reach.discovered.add(file.module)

    def _load_lazily(self, file: FileFacts) -> None:
        """A package with `__getattr__` loads what its strings name."""
        self.reach.discovered.add(file.module)

    def _run(self, name: str, near: str) -> None:
        canonical = self.names.resolve(name, near)
        found = self.names.definition(canonical, near)
        if found is None:
            return
        if isinstance(found.item, Function):
            self._call(found.item.qualified)
        elif isinstance(found.item, Class):
            for method in self.graph.inner(found.item.qualified):
                self._call(method)

    def _discover(self, site: CallSite, file: FileFacts) -> None:
        argument = site.call.argument(0, "name") or site.call.argument(0, "path")
        if site.call.method in _LISTS_A_PACKAGE:
            self.reach.discovered.add(self._listing(site.call, file))
            return
        text = text_of(argument)
        if text is None and isinstance(argument, Ref):
            text = text_of(self._followed(argument, file))
        names = [text] if text is not None else self._spelled_out(argument, site, file)
        for name in names:
            self._load(self._absolute(name.replace(":", "."), file), file.module)
        if not names:
            self.reach.discovered.add(self._prefix(argument, file) or self._listed(site, file))

    def _spelled_out(self, argument: Value | None, site: CallSite, file: FileFacts) -> list[str]:
        """`for name in APPS: import_module(f"app.{name}.models")` over literal names; nothing where they are not."""
        parts = argument.parts if isinstance(argument, Text) else (argument,)
        variables = {part.name.rpartition(".")[2] for part in parts if isinstance(part, Local | Ref)}
        loop = next((loop for loop in reversed(site.loops) if variables == set(loop.targets)), None)
        values = self._followed(loop.values, file) if loop is not None and not self._grows(loop.values, file) else None
        if not isinstance(values, Items) or not all(text_of(item) is not None for item in values.items):
            return []
        texts = [text_of(item) or "" for item in values.items]
        fixed = [text_of(part) if part is not None else None for part in parts]
        return ["".join(text if part is None else part for part in fixed) for text in texts]

    def _grows(self, value: Value, file: FileFacts) -> bool:
        """Whether the variable that a value names is assigned or added to more than once."""
        found = self.names.definition(value.name, file.module) if isinstance(value, Ref) else None
        if found is None:
            return False
        assigned = sum(variable.name == found.name.rpartition(".")[2] for variable in found.file.variables)
        return assigned != 1 or any(use.name.startswith(f"{found.name}.") for use in found.file.references)

    def _followed(self, value: Value, file: FileFacts) -> Value | None:
        """A value, or what the module variable that it names holds."""
        found = self.names.definition(value.name, file.module) if isinstance(value, Ref) else None
        return getattr(found.item, "value", None) if found is not None else value

    def _listed(self, site: CallSite, file: FileFacts) -> str:
        """The package that a loop around the call lists: `for module in walk_packages(models.__path__)`."""
        for loop in reversed(site.loops):
            if isinstance(loop.values, Call) and loop.values.method in _LISTS_A_PACKAGE:
                return self._listing(loop.values, file)
        return ""

    def _listing(self, call: Call, file: FileFacts) -> str:
        return self._package(call.argument(0, "path"), call.argument(1, "prefix"), file)

    def _absolute(self, text: str, file: FileFacts) -> str:
        if not text.startswith("."):
            return text
        package = file.module if file.is_package else file.module.rpartition(".")[0]
        return f"{package}.{text.lstrip('.')}"

    def _prefix(self, argument: Value | None, file: FileFacts) -> str:
        """The package that a computed module name starts with; '' for any."""
        if not isinstance(argument, Text) or not isinstance(argument.parts[0], Constant):
            named = argument.parts[0] if isinstance(argument, Text) else None
            if isinstance(named, Ref) and named.name.endswith(("__name__", "__package__")):
                return self._own_package(named.name, file)
            return ""
        written = self._absolute(str(argument.parts[0].value), file)
        package = written if written.endswith(".") else written.rpartition(".")[0]
        return self.graph.module_of(package.rstrip("."), file.module) or package.rstrip(".")

    def _package(self, path: Value | None, prefix: Value | None, file: FileFacts) -> str:
        for given in (prefix, path):
            value = given.left if isinstance(given, Operator) else given
            if isinstance(value, Constant) and str(value.value).endswith("."):
                value = Text((value,), value.span)
            if isinstance(value, Text) and (found := self._prefix(value, file)):
                return found
            if isinstance(value, Ref) and value.name.rpartition(".")[2] in {"__path__", "__name__", "__file__"}:
                return self._own_package(value.name, file)
            if value is not None and _is_own_folder(value):
                return self._own_package("", file)
        return ""

    def _own_package(self, name: str, file: FileFacts) -> str:
        """`__path__` here, or `app.models.__path__` of an imported package."""
        owner = name.rpartition(".")[0]
        found = self.graph.module_of(owner, file.module) if owner and owner != "builtins" else ""
        if found and found != file.module:
            return found
        return file.module if file.is_package else file.module.rpartition(".")[0]


def _is_own_folder(value: Value) -> bool:
    """`[str(Path(__file__).parent)]`, `[os.path.dirname(__file__)]`."""
    parts = list(walk(value))
    ups = sum(isinstance(part, Attr) and part.name == "parent" for part in parts)
    ups += sum(isinstance(part, Call) and part.method == "dirname" for part in parts)
    plain = not any(isinstance(part, Operator) or text_of(part) is not None for part in parts)
    return plain and ups == 1 and any(isinstance(part, Ref) and part.name.endswith(".__file__") for part in parts)
