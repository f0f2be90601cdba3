"""One walk over a module's tree: imports, variables, classes, functions, references and meaningful calls.

Other topics (type escapes, queries, migrations) get the nodes they need from here and do not walk again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tree_sitter import Node

from bylaw.facts.code import (
    CallSite,
    Class,
    Function,
    Import,
    Loop,
    Parameter,
    Reference,
    Role,
    Unread,
    Variable,
)
from bylaw.facts.values import Call, Local, Ref, Value
from bylaw.readers.python.meaning import MEANINGFUL_CALLS
from bylaw.readers.python.parse import span
from bylaw.readers.python.scope import Frame, Scope, bound_names
from bylaw.readers.python.values import Converter

MAX_DEPTH = 400
_BLOCKS = frozenset({"if_statement", "try_statement", "with_statement", "for_statement", "while_statement", "match_statement"})


@dataclass
class FunctionNode:
    """A function with its node, for topics that read bodies. `frame` holds all its local names once the walk is over."""

    fact: Function
    node: Node
    frames: tuple[Frame, ...]


@dataclass
class ClassNode:
    fact: Class
    node: Node


@dataclass
class Module:
    """What the walk collected, and the means to convert more nodes."""

    path: str
    content: bytes
    root: Node
    scope: Scope
    converter: Converter
    imports: list[Import] = field(default_factory=list)
    exports: tuple[str, ...] | None = None
    variables: list[Variable] = field(default_factory=list)
    classes: list[ClassNode] = field(default_factory=list)
    functions: list[FunctionNode] = field(default_factory=list)
    references: dict[tuple[str, Role, str, bool], Reference] = field(default_factory=dict)
    calls: list[CallSite] = field(default_factory=list)
    annotations: list[tuple[Node, str, str]] = field(default_factory=list)
    """Annotation nodes with position (parameter, return, variable, field, *args, **kwargs, alias) and name."""
    comments: list[Node] = field(default_factory=list)
    casts: list[Node] = field(default_factory=list)
    """Calls of something named cast, or imported under another name from typing."""
    words: set[str] = field(default_factory=set)
    dotted: set[str] = field(default_factory=set)
    unread: list[Unread] = field(default_factory=list)
    import_anchor: int = 0
    by_function: dict[str, FunctionNode] = field(default_factory=dict)

    def value_in(self, node: Node, frames: tuple[Frame, ...]) -> Value:
        """Convert an expression as seen from inside a function."""
        before = self.scope.frames
        self.scope.frames = list(frames)
        try:
            return self.converter.value(node)
        finally:
            self.scope.frames = before


class Walker:
    """Walks one module top down, keeping the functions, class bodies, loops and conditions around the current node."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scope = module.scope
        self.text = module.converter.text
        self.value = module.converter.value
        self._owners: list[str] = []
        self._loops: list[Loop] = []
        self._conditions = 0
        self._depth = 0
        self._assigned = ""
        self._calling = ""
        self._returns: list[list[Value]] = []
        self._methods: list[list[str]] = []
        self._fields: list[list[Variable]] = []
        self._handlers: dict[str, Callable[[Node, Role], None]] = {
            "import_statement": self._import,
            "import_from_statement": self._import_from,
            "future_import_statement": self._future,
            "class_definition": self._class,
            "function_definition": self._function,
            "decorated_definition": self._decorated,
            "assignment": self._assignment,
            "augmented_assignment": self._augmented,
            "type_alias_statement": self._type_alias,
            "identifier": self._identifier,
            "attribute": self._attribute,
            "call": self._call,
            "return_statement": self._return,
            "for_statement": self._for,
            "for_in_clause": self._comprehension_clause,
            "list_comprehension": self._comprehension,
            "set_comprehension": self._comprehension,
            "dictionary_comprehension": self._comprehension,
            "generator_expression": self._comprehension,
            "lambda": self._lambda,
            "as_pattern": self._as_pattern,
            "named_expression": self._named,
            "except_clause": self._except,
            "if_statement": self._if,
            "keyword_argument": self._keyword,
            "comment": self._comment,
            "string": self._string,
            "type": self._type,
            "global_statement": self._global,
            "nonlocal_statement": self._global,
            "list": self._display, "tuple": self._display, "set": self._display, "dictionary": self._display,
            "expression_list": self._display,
            "case_pattern": self._case,
        }

    def run(self) -> None:
        self._bind_top_level(self.module.root)
        self._children(self.module.root, "other")

    # -- the walk itself

    def _visit(self, node: Node, role: Role) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            if not self.module.unread or self.module.unread[-1].reason != "nested too deeply":
                self.module.unread.append(Unread(span(node), "nested too deeply"))
        else:
            handler = self._handlers.get(node.type)
            if handler is not None:
                handler(node, role)
            else:
                conditional = node.type in _BLOCKS
                self._conditions += conditional
                self._children(node, "other")
                self._conditions -= conditional
        self._depth -= 1

    def _children(self, node: Node, role: Role) -> None:
        visit = self._visit
        for child in node.named_children:
            visit(child, role)

    # -- names

    def _bind_top_level(self, block: Node, depth: int = 0) -> None:
        """Bind what the top level defines, also inside if/try/with, so that functions may use it before it stands."""
        for node in block.named_children:
            kind = node.type
            if kind == "decorated_definition":
                node = node.child_by_field_name("definition") or node  # noqa: PLW2901
                kind = node.type
            if kind in {"class_definition", "function_definition"}:
                if name := node.child_by_field_name("name"):
                    self.scope.names[self.text(name)] = self.scope.own(self.text(name))
            elif kind == "expression_statement":
                inner = node.named_children[0] if node.named_children else node
                while inner.type in {"assignment", "augmented_assignment"}:
                    for name in bound_names(inner.child_by_field_name("left")):
                        self.scope.names.setdefault(self.text(name), self.scope.own(self.text(name)))
                    inner = inner.child_by_field_name("right") or inner.children[0]
            elif kind == "import_statement":
                self._import(node, "other", record=False)
            elif kind == "import_from_statement":
                self._import_from(node, "other", record=False)
            elif kind in _BLOCKS or kind in {"block", "else_clause", "elif_clause", "except_clause", "finally_clause"}:
                if depth < MAX_DEPTH:
                    for name in bound_names(node.child_by_field_name("left")) if kind == "for_statement" else ():
                        self.scope.names.setdefault(self.text(name), self.scope.own(self.text(name)))
                    self._bind_top_level(node, depth + 1)

    def _bind(self, name: str) -> None:
        if self.scope.frames:
            self.scope.frames[-1].locals.add(name)

    def _bind_import(self, name: str, target: str) -> None:
        if self.scope.frames:
            self.scope.frames[-1].imports[name] = target
            self.scope.frames[-1].locals.discard(name)
        else:
            self.scope.names[name] = target

    @property
    def _function_name(self) -> str:
        return self.scope.frames[-1].qualified if self.scope.frames else ""

    def _refer(self, value: Value, role: Role) -> None:
        if isinstance(value, Ref) and not value.name.startswith("builtins."):
            call = self._calling if role in {"argument", "item"} else ""
            key = (value.name, role, self._function_name, call in MEANINGFUL_CALLS or call[:1] == "@")
            if key not in self.module.references:
                self.module.references[key] = Reference(value.name, role, value.span, self._function_name, call)

    def _identifier(self, node: Node, role: Role) -> None:
        self._refer(self.value(node), role)

    def _attribute(self, node: Node, role: Role) -> None:
        value = self.value(node)
        name = node.child_by_field_name("attribute")
        if name is not None:
            self.module.words.add(self.text(name))
        if isinstance(value, Ref):
            self._refer(value, role)
        elif inner := node.child_by_field_name("object"):
            self._visit(inner, "receiver")

    # -- imports

    def _typing_only(self, node: Node) -> bool:
        return any(start <= node.start_byte < end for start, end in self._typing_blocks)

    @property
    def _typing_blocks(self) -> list[tuple[int, int]]:
        return self.__dict__.setdefault("_typing_block_list", [])

    def _future(self, node: Node, _role: Role) -> None:
        self.module.import_anchor = node.end_byte

    def _record_import(self, node: Node, local: str, target: str, *, is_module: bool) -> None:
        self.module.imports.append(
            Import(local, target, span(node), is_module, self._typing_only(node), self._function_name)
        )

    def _import(self, node: Node, _role: Role, *, record: bool = True) -> None:
        for child in node.named_children:
            if child.type == "aliased_import":
                name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
                if name is None or alias is None:
                    continue
                local, target = self.text(alias), self.text(name)
                self._bind_import(local, target)
            elif child.type == "dotted_name":
                target = self.text(child)
                local = target.partition(".")[0]
                self._bind_import(local, local)
            else:
                continue
            if record:
                self._record_import(node, local, target, is_module=True)
        self._anchor(node)

    def _import_from(self, node: Node, _role: Role, *, record: bool = True) -> None:
        source = node.child_by_field_name("module_name")
        if source is None:
            return
        level, base = 0, self.text(source)
        if source.type == "relative_import":
            stripped = base.replace(" ", "").lstrip(".")
            level, base = len(base.replace(" ", "")) - len(stripped), stripped
        base = self.scope.absolute(level, base)
        prefix = f"{base}." if base else ""
        for child in node.named_children:
            if child.type == "wildcard_import":
                if record:
                    self._record_import(node, "*", base, is_module=False)
            elif child.type == "aliased_import":
                name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
                if name is not None and alias is not None:
                    self._bind_from(node, self.text(alias), prefix + self.text(name), record=record)
            elif child.type == "dotted_name" and child.start_byte != source.start_byte:
                self._bind_from(node, self.text(child), prefix + self.text(child), record=record)
        self._anchor(node)

    def _bind_from(self, node: Node, local: str, target: str, *, record: bool) -> None:
        self._bind_import(local, target)
        if record:
            self._record_import(node, local, target, is_module=False)

    def _anchor(self, node: Node) -> None:
        if not self.scope.frames and not self._conditions and not self._owners:
            self.module.import_anchor = max(self.module.import_anchor, node.end_byte)

    # -- definitions

    def _decorated(self, node: Node, role: Role) -> None:
        definition = node.child_by_field_name("definition")
        for child in node.named_children:
            if child.type == "decorator":
                self._decorator(child)
        if definition is not None:
            self._visit(definition, role)

    def _decorator(self, node: Node) -> None:
        for child in node.named_children:
            if child.type == "call":
                function = child.child_by_field_name("function")
                if function is not None:
                    self._visit(function, "decorator")
                if arguments := child.child_by_field_name("arguments"):
                    before, self._calling = self._calling, f"@{self._last_name(function)}" if function is not None else "@"
                    self._children(arguments, "argument")
                    self._calling = before
            else:
                self._visit(child, "decorator")

    def _decorators_of(self, node: Node) -> tuple[tuple[Value, ...], Node]:
        outer = node.parent
        if outer is None or outer.type != "decorated_definition":
            return (), node
        return tuple(
            self.value(child.named_children[0])
            for child in outer.named_children
            if child.type == "decorator" and child.named_children
        ), outer

    def _class(self, node: Node, _role: Role) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        decorators, outer = self._decorators_of(node)
        bases: list[Value] = []
        keywords: list[tuple[str, Value]] = []
        if superclasses := node.child_by_field_name("superclasses"):
            for child in superclasses.named_children:
                if child.type == "keyword_argument":
                    key, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                    if key is not None and value is not None:
                        keywords.append((self.text(key), self.value(value)))
                        self._visit(value, "argument")
                elif child.type != "comment":
                    bases.append(self.value(child))
                    self._visit(child, "base")
        qualified = self._define(self.text(name))
        header_end = next((child.end_byte for child in node.children if child.type == ":"), name.end_byte)
        self._owners.append(qualified)
        self._methods.append([])
        self._fields.append([])
        self.scope.class_bodies.append((qualified, set()))
        self._children(body, "other")
        self.scope.class_bodies.pop()
        fields, methods = self._fields.pop(), self._methods.pop()
        self._owners.pop()
        fact = Class(
            self.text(name), qualified, tuple(bases), tuple(keywords), decorators, tuple(fields), tuple(methods),
            span(name), span(outer), header_end, self._owners[-1] if self._owners else "",
        )
        self.module.classes.append(ClassNode(fact, node))

    def _define(self, name: str) -> str:
        owner = self._owners[-1] if self._owners else ""
        if self.scope.frames and (not self.scope.class_bodies or owner == self.scope.frames[-1].qualified):
            self._bind(name)
        elif self.scope.class_bodies:
            self.scope.class_bodies[-1][1].add(name)
        return f"{owner}.{name}" if owner else self.scope.own(name)

    def _function(self, node: Node, _role: Role) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        parameters = node.child_by_field_name("parameters")
        if name is None or body is None or parameters is None:
            return
        decorators, outer = self._decorators_of(node)
        if self._methods and self._owners and self._owners[-1] == self.scope.class_bodies[-1][0] if self.scope.class_bodies else False:
            self._methods[-1].append(self.text(name))
        owner = self._owners[-1] if self._owners else ""
        qualified = self._define(self.text(name))
        annotation = node.child_by_field_name("return_type")
        if annotation is not None:
            self.module.annotations.append((annotation, "return", self.text(name)))
            self._children(annotation, "annotation")
        facts = self._parameters(parameters)
        frame = Frame(qualified, {parameter.name for parameter in facts})
        bodies, self.scope.class_bodies = self.scope.class_bodies, []
        loops, self._loops = self._loops, []
        assigned, self._assigned = self._assigned, ""
        conditions, self._conditions = self._conditions, 0
        calling, self._calling = self._calling, ""
        self.scope.frames.append(frame)
        self._owners.append(qualified)
        self._returns.append([])
        self._children(body, "other")
        returns = self._returns.pop()
        self._owners.pop()
        frames = tuple(self.scope.frames)
        self.scope.frames.pop()
        self.scope.class_bodies, self._loops = bodies, loops
        self._assigned, self._conditions, self._calling = assigned, conditions, calling
        fact = Function(
            self.text(name), qualified, facts, decorators,
            self.value(annotation) if annotation is not None else None,
            tuple(returns), span(name), span(outer), node.children[0].type == "async", owner,
        )
        record = FunctionNode(fact, node, frames)
        self.module.functions.append(record)
        self.module.by_function.setdefault(qualified, record)

    def _parameters(self, node: Node) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        keyword_only = False
        for child in node.named_children:
            if child.type == "keyword_separator":
                keyword_only = True
                continue
            target = child if child.type in {"identifier", "list_splat_pattern", "dictionary_splat_pattern"} else None
            if target is None:
                target = child.child_by_field_name("name") or (child.named_children[0] if child.named_children else None)
            if target is None or child.type in {"comment", "positional_separator"}:
                continue
            stars = {"list_splat_pattern": "*", "dictionary_splat_pattern": "**"}.get(target.type, "")
            identifier = target.named_children[0] if stars and target.named_children else target
            annotation, default = child.child_by_field_name("type"), child.child_by_field_name("value")
            name = self.text(identifier)
            if annotation is not None:
                position = {"*": "*args", "**": "**kwargs"}.get(stars, "parameter")
                self.module.annotations.append((annotation, position, name))
                self._children(annotation, "annotation")
            if default is not None:
                self._visit(default, "argument")
            kind = "**" if stars == "**" else "*" if stars == "*" else "keyword" if keyword_only else "positional"
            keyword_only = keyword_only or stars == "*"
            found.append(
                Parameter(
                    name,
                    self.value(annotation) if annotation is not None else None,
                    self.value(default) if default is not None else None,
                    span(identifier),
                    kind,  # type: ignore[arg-type]
                )
            )
        return tuple(found)

    def _lambda(self, node: Node, _role: Role) -> None:
        frame = Frame(self._function_name)
        if parameters := node.child_by_field_name("parameters"):
            frame.locals.update(parameter.name for parameter in self._parameters(parameters))
        self.scope.frames.append(frame)
        if body := node.child_by_field_name("body"):
            self._visit(body, "return")
        self.scope.frames.pop()

    # -- statements

    def _assignment(self, node: Node, _role: Role) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        annotation = node.child_by_field_name("type")
        if annotation is not None and left is not None:
            in_class = bool(self.scope.class_bodies)
            self.module.annotations.append((annotation, "field" if in_class else "variable", self.text(left)))
            self._children(annotation, "annotation")
        names = bound_names(left)
        if right is not None:
            before, self._assigned = self._assigned, ""
            if len(names) == 1 and left is not None and left.type == "identifier":
                name = self.text(names[0])
                self._assigned = name if self.scope.frames else self.scope.own(name)
            self._visit(right, "value")
            self._assigned = before
        if left is not None and not names:
            self._visit(left, "other")
        for name_node in names:
            self._assign(name_node, node, right, annotation, whole=left is not None and left.type == "identifier")

    def _assign(self, name: Node, node: Node, right: Node | None, annotation: Node | None, *, whole: bool) -> None:
        text = self.text(name)
        if self.scope.frames and not self.scope.class_bodies:
            self._bind(text)
            return
        value = None
        final = right
        while final is not None and final.type == "assignment":
            final = final.child_by_field_name("right")
        if final is not None and whole:
            value = self.value(final)
        variable = Variable(
            text, value, self.value(annotation) if annotation is not None else None,
            span(name), span(node), False, self._conditions > 0,
        )
        if self.scope.class_bodies:
            self.scope.class_bodies[-1][1].add(text)
            self._fields[-1].append(variable)
        else:
            self.module.variables.append(variable)
            if text == "__all__":
                self._exports(value)

    def _exports(self, value: Value | None) -> None:
        from bylaw.facts.values import Items, text_of  # noqa: PLC0415

        if isinstance(value, Items):
            names = [text_of(item) for item in value.items]
            if all(name is not None for name in names):
                self.module.exports = tuple(name for name in names if name is not None)

    def _augmented(self, node: Node, _role: Role) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if right is not None:
            self._visit(right, "value")
        if left is None:
            return
        if left.type != "identifier":
            self._visit(left, "other")
        elif not self.scope.frames:
            variable = Variable(
                self.text(left), self.value(right) if right is not None else None, None,
                span(left), span(node), True, self._conditions > 0,
            )
            (self._fields[-1] if self.scope.class_bodies else self.module.variables).append(variable)
        else:
            self._bind(self.text(left)) if self.scope.qualify(self.text(left)) is None else self._visit(left, "other")

    def _type_alias(self, node: Node, _role: Role) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        self.module.annotations.append((right, "alias", self.text(left)))
        self._children(right, "annotation")
        if not self.scope.frames and not self.scope.class_bodies:
            name = self.text(left).partition("[")[0].strip()
            self.scope.names[name] = self.scope.own(name)
            self.module.variables.append(
                Variable(name, self.value(right), None, span(left), span(node), False, self._conditions > 0)
            )

    def _return(self, node: Node, _role: Role) -> None:
        for child in node.named_children:
            if child.type == "comment":
                self._comment(child, "other")
                continue
            if self._returns:
                self._returns[-1].append(self.value(child))
            self._visit(child, "return")

    def _for(self, node: Node, _role: Role) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        names = [self.text(name) for name in bound_names(left)]
        if right is not None:
            self._visit(right, "value")
        for name in names:
            self._bind(name)
        values = self.value(right) if right is not None else None
        if values is not None:
            self._loops.append(Loop(tuple(names), values))
        self._conditions += 1
        for child in node.named_children:
            if child not in (left, right):
                self._visit(child, "other")
        self._conditions -= 1
        if values is not None:
            self._loops.pop()

    def _comprehension(self, node: Node, _role: Role) -> None:
        self.scope.frames.append(Frame(self._function_name))
        loops = len(self._loops)
        clauses = [child for child in node.named_children if child.type == "for_in_clause"]
        for clause in clauses:
            self._comprehension_clause(clause, "other")
        for child in node.named_children:
            if child.type != "for_in_clause":
                self._visit(child, "item")
        del self._loops[loops:]
        self.scope.frames.pop()

    def _comprehension_clause(self, node: Node, _role: Role) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        names = [self.text(name) for name in bound_names(left)]
        if right is not None:
            self._visit(right, "value")
            self._loops.append(Loop(tuple(names), self.value(right)))
        for name in names:
            self._bind(name)

    def _as_pattern(self, node: Node, _role: Role) -> None:
        for child in node.named_children:
            if child.type == "as_pattern_target":
                for name in bound_names(child):
                    self._bind(self.text(name))
            else:
                self._visit(child, "value")

    def _named(self, node: Node, _role: Role) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if value is not None:
            self._visit(value, "value")
        if name is not None:
            self._bind(self.text(name))

    def _except(self, node: Node, _role: Role) -> None:
        self._children(node, "other")

    def _if(self, node: Node, _role: Role) -> None:
        condition = node.child_by_field_name("condition")
        consequence = node.child_by_field_name("consequence")
        if condition is not None and consequence is not None:
            name = self.value(condition)
            if isinstance(name, Ref) and name.name.rpartition(".")[2] == "TYPE_CHECKING":
                self._typing_blocks.append((consequence.start_byte, consequence.end_byte))
        self._conditions += 1
        self._children(node, "other")
        self._conditions -= 1

    def _case(self, node: Node, _role: Role) -> None:
        stack = list(node.named_children)
        while stack:
            child = stack.pop()
            if child.type == "dotted_name" and len(child.named_children) == 1:
                self._bind(self.text(child))
            stack.extend(child.named_children)

    def _global(self, node: Node, _role: Role) -> None:
        """`global x` in a function: from here on x is the module's."""

    # -- expressions

    def _call(self, node: Node, _role: Role) -> None:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None:
            self._children(node, "other")
            return
        self._called(function)
        method = self._last_name(function)
        if method in MEANINGFUL_CALLS:
            value = self.value(node)
            if isinstance(value, Call):
                self.module.calls.append(
                    CallSite(value, self._function_name, tuple(self._loops), self._conditions > 0, self._assigned)
                )
        if method == "cast" or self.scope.names.get(method, "") in {"typing.cast", "typing_extensions.cast"}:
            self.module.casts.append(node)
        before, self._assigned = self._assigned, ""
        calling, self._calling = self._calling, method
        self._children(arguments, "argument") if arguments.type == "argument_list" else self._visit(arguments, "argument")
        self._assigned, self._calling = before, calling

    def _called(self, function: Node) -> None:
        if function.type == "attribute":
            value = self.value(function)
            receiver = function.child_by_field_name("object")
            name = function.child_by_field_name("attribute")
            if name is not None:
                self.module.words.add(self.text(name))
            if isinstance(value, Ref):
                self._refer(value, "called")
            if receiver is not None:
                self._visit(receiver, "receiver")
        else:
            self._visit(function, "called")

    def _last_name(self, function: Node) -> str:
        if function.type == "identifier":
            return self.text(function)
        if function.type == "attribute" and (name := function.child_by_field_name("attribute")):
            return self.text(name)
        return ""

    def _keyword(self, node: Node, _role: Role) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None:
            self.module.words.add(self.text(name))
        if value is not None:
            self._visit(value, "argument")

    def _display(self, node: Node, _role: Role) -> None:
        for child in node.named_children:
            if child.type == "pair":
                self._children(child, "item")
            else:
                self._visit(child, "item")

    def _type(self, node: Node, _role: Role) -> None:
        self._children(node, "annotation")

    def _comment(self, node: Node, _role: Role) -> None:
        self.module.comments.append(node)

    def _string(self, node: Node, _role: Role) -> None:
        for child in node.named_children:
            if child.type == "interpolation":
                self._children(child, "other")
            elif child.type == "string_content" and child.end_byte - child.start_byte <= 4096:  # noqa: PLR2004
                text = self.text(child)
                self.module.words.update(_identifiers(text))
                if ("." in text or ":" in text) and len(text) <= 200 and _DOTTED.match(text):  # noqa: PLR2004
                    self.module.dotted.add(text)


def _identifiers(text: str) -> list[str]:
    return [text] if text.isidentifier() else [word for word in _WORD.findall(text) if "_" in word or word.islower()]


import re  # noqa: E402

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+\Z")

__all__ = ["ClassNode", "FunctionNode", "Local", "Module", "Walker"]
