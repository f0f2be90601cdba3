"""A module that is a Django migration: its dependencies, its flags and its operations."""

from __future__ import annotations

import re
from typing import Final

from bylaw.facts.migrations import Migration, Variant
from bylaw.facts.values import Call, Items, Operator, Ref, Value, flag_of, text_of
from bylaw.readers.python.django.operations import KNOWN, Reading
from bylaw.readers.python.django.run import DjangoRun
from bylaw.readers.python.parse import span
from bylaw.readers.python.walk import ClassNode, Module
from bylaw.source import Span

_GENERATED: Final = re.compile(r"generated\s+by\s+django", re.IGNORECASE)
MAIN_DIALECT: Final = "postgres"
_BASES: Final = ("django.db.migrations.Migration", "django.db.migrations.migration.Migration")


def migration_of(module: Module) -> Migration | None:
    """The migration that a module is; None when its class Migration is another. Of two, the later one has the name."""
    named = [record for record in module.classes if record.fact.name == "Migration" and not record.fact.owner]
    if not named or not any(isinstance(base, Ref) and base.name in _BASES for base in named[-1].fact.bases):
        return None
    record = named[-1]
    fact = record.fact
    app, name = _label(module.path)
    run = DjangoRun(module, MAIN_DIALECT)
    fields = run.attributes(record)
    reading = Reading(app, run, _subclasses(module))
    reading.read_all(fields.get("operations"))
    header = _header(module)
    return Migration(
        "django", f"{app}.{name}", _dependencies(fields.get("dependencies")), tuple(reading.operations), fact.span,
        replaces=tuple(name for name in _dependencies(fields.get("replaces")) if name != "?"),
        depends_on=(),
        initial=flag_of(fields.get("initial")) or False,
        transactional=flag_of(fields.get("atomic")),
        generated=header is not None,
        generator_header=header,
        comments=tuple((span(node), module.converter.text(node)) for node in module.comments),
        state_only=tuple(reading.state_only),
        one_way=tuple(reading.one_way),
        variants=_variants(module, run, record, reading),
        database_only=tuple(dict.fromkeys(reading.database_only)),
        told=tuple(reading.told),
        embedded=tuple(dict.fromkeys(run.strings.statements)),
        run_before=tuple(name for name in _dependencies(fields.get("run_before")) if name != "?"),
    )  # fmt: skip


def _variants(module: Module, run: DjangoRun, record: ClassNode, main: Reading) -> tuple[Variant, ...]:
    """What the migration does on the other dialects that its code names. What it hands to these as it stands is added
    to the `database_only` of `main`: the models are told of none of it.
    """
    asked = run.conditions.asked - {MAIN_DIALECT} or ({"sqlite"} if run.conditions.asked else set())
    found = []
    for dialect in sorted(asked):
        other = DjangoRun(module, dialect)
        reading = Reading(main.app, other, main.subclasses)
        reading.read_all(other.attributes(record).get("operations"))
        if reading.operations != main.operations:
            main.database_only.extend(reading.database_only)
            found.append(Variant(dialect, tuple(reading.operations)))
    return tuple(found)


def _label(path: str) -> tuple[str, str]:
    """App and name by the path: the folder above `migrations`, and the file's stem."""
    parts = path.removesuffix(".py").split("/")
    return (parts[-3] if len(parts) >= 3 else "", parts[-1])


def _dependencies(value: Value | None) -> tuple[str, ...]:
    """`app.name` of each dependency that is written down; a swappable one depends on its app's first migration. `?`
    stands for all of them where none can be read.
    """
    if isinstance(value, Operator) and value.operator == "+":  # settings may add some
        found = (*_dependencies(value.left), *_dependencies(value.right))
        return tuple(name for name in found if name != "?") or ("?",)
    if not isinstance(value, Items):
        return ("?",) if value is not None else ()
    written: list[str] = []
    for item in value.items:
        if isinstance(item, Items) and len(item.items) == 2:
            app, name = text_of(item.items[0]), text_of(item.items[1])
            if app and name:
                written.append(f"{app}.{name}")
        elif isinstance(item, Call) and item.method == "swappable_dependency" and item.args:
            setting = item.args[0]
            if isinstance(setting, Ref):
                written.append(f"{setting.name.rpartition('.')[2]}.__first__")
    return tuple(written)


def _subclasses(module: Module) -> dict[str, str]:
    """Operations that the module defines, with the operation of Django that each extends."""
    found: dict[str, str] = {}
    for record in module.classes:
        for base in record.fact.bases:
            if isinstance(base, Ref) and base.name.rpartition(".")[2] in KNOWN:
                found[record.fact.qualified] = base.name.rpartition(".")[2]
    return found


def _header(module: Module) -> Span | None:
    """The comment that Django writes at the top."""
    first = next((node for node in module.root.named_children if node.type != "comment"), None)
    limit = first.start_byte if first is not None else len(module.content)
    for node in module.comments:
        if node.start_byte < limit and _GENERATED.search(module.converter.text(node)):
            return span(node)
    return None
