"""table-registered"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bylaw import AddImport, Finding, Fix, Location, Project, Related, RuleOptions, project_rule
from bylaw.facts.database import TableRegistration

_MANY = 5
_SHARE = 3
"""So many tables, and so many times as many as are seen: one thing is wrong, and not each of them."""


class Options(RuleOptions):
    registry_modules: tuple[str, ...] = ()
    """Paths (or globs) of modules that import every table, such as `app/db/base.py`; Alembic's `env.py` counts
    besides.
    """
    base_classes: tuple[str, ...] = ()
    """Judge only tables under a base class of one of these names (`Base`, `SQLModel`); empty: all."""


@project_rule(
    summary="Every table is known to the place that migrations are generated from",
    severity="error",
    since="0.1.0",
    fix="unsafe",
    sources=("S2-38", "S3-33", "S4-17", "S4-68"),
)
def table_registered(project: Project, options: Options) -> Iterator[Finding]:
    """A table that nobody imports before Alembic compares metadata is not there: autogenerate leaves it out, or drops
    it.

    For SQLAlchemy and SQLModel a table is registered when running `env.py`, or one of the configured registry
    modules, imports its module, directly or through others. Imports under `TYPE_CHECKING` do not run and do not
    count. Where modules are discovered while the program runs (`pkgutil`, `import_module` with a computed name), the
    tables that could be meant are left alone; so are those that a program of the project loads before it has Alembic
    write a revision. An `env.py` that sees next to none of many tables is told of once. For Django the application of
    the model must be in `INSTALLED_APPS` of some settings module, and the module of a model that no migration creates
    must be imported or named by another one. An application that is missing and has many models is told of once; where
    the list names next to none of many models of several applications, or none at all, the project could not run, and
    the list must be put together somewhere else: all are left alone.

    Import the table in the registry module, or list its application in the settings.

    Bad:

    ```python app/db.py
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase): ...
    ```

    ```python app/coupon.py
    from sqlalchemy.orm import Mapped, mapped_column

    from app.db import Base


    class Coupon(Base):
        __tablename__ = "coupons"

        coupon_id: Mapped[int] = mapped_column(primary_key=True)
    ```

    ```python alembic/env.py
    from alembic import context

    from app.db import Base

    target_metadata = Base.metadata
    context.configure(target_metadata=target_metadata)
    ```

    Good:

    ```python app/db.py
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase): ...
    ```

    ```python app/coupon.py
    from sqlalchemy.orm import Mapped, mapped_column

    from app.db import Base


    class Coupon(Base):
        __tablename__ = "coupons"

        coupon_id: Mapped[int] = mapped_column(primary_key=True)
    ```

    ```python alembic/env.py
    from alembic import context

    import app.coupon
    from app.db import Base

    target_metadata = Base.metadata
    context.configure(target_metadata=target_metadata)
    ```
    """
    everything = project.table_registrations(options.registry_modules)
    crowds: dict[tuple[Location, str], list[TableRegistration]] = {}
    uninstalled: list[TableRegistration] = []
    for registration in everything:
        if registration.status != "unregistered" or not _is_judged(registration, options):
            continue
        if registration.unloaded:
            yield _unloaded(registration)
        elif registration.table.orm == "django":
            uninstalled.append(registration)
        elif registration.metadata is None:
            yield _alembic(registration)
        else:
            crowds.setdefault((registration.metadata, registration.table.registry), []).append(registration)
    if not _is_nearly_all(uninstalled, everything) or _is_one_of_several(uninstalled, everything):
        yield from _by_application(uninstalled)
    for (place, _), crowd in crowds.items():
        if _is_nearly_all(crowd, everything):
            yield _at_once(place, crowd)
        else:
            yield from map(_alembic, crowd)


def _is_nearly_all(missing: Sequence[TableRegistration], everything: Iterable[TableRegistration]) -> bool:
    """Whether these are many, and next to none of the tables of their metadata is registered."""
    if len(missing) < _MANY:
        return False
    metadata = missing[0].table.registry
    seen = sum(other.status == "registered" and other.table.registry == metadata for other in everything)
    return len(missing) > _SHARE * seen


def _is_one_of_several(missing: Sequence[TableRegistration], everything: Iterable[TableRegistration]) -> bool:
    """Whether one application is missing, be it the largest, and another of the project is installed."""
    applications = {registration.import_module for registration in missing}
    return len(applications) == 1 and any(
        other.status == "registered" and other.table.orm == "django" for other in everything
    )


def _is_judged(registration: TableRegistration, options: Options) -> bool:
    bases = {
        name
        for base in (*registration.table.bases, registration.table.registry)
        for name in (base, base.rpartition(".")[2])
    }
    return not options.base_classes or bool(bases.intersection(options.base_classes))


def _at_once(place: Location, crowd: list[TableRegistration]) -> Finding:
    names = [f"`{_label(registration)}`" for registration in crowd]
    edits = tuple(
        AddImport(each.registry, each.import_module, each.table.class_name)
        for each in crowd
        if each.table.class_name and each.registry and each.import_module
    )
    return Finding(
        place,
        f"nothing that {place.path} imports loads {names[0]}, {names[1]} and {len(crowd) - 2} more tables, "
        "so migrations do not see them",
        f"Import their modules in {crowd[0].registry or place.path}.",
        related=tuple(Related(each.table.location, f"`{_label(each)}`") for each in crowd),
        fix=Fix(f"Import {len(edits)} tables in {crowd[0].registry}", edits, "unsafe") if edits else None,
    )


def _label(registration: TableRegistration) -> str:
    return registration.table.class_name or registration.table.name or "Table(...)"


def _by_application(uninstalled: Iterable[TableRegistration]) -> Iterator[Finding]:
    """Each model whose application is not installed; one finding for an application with many: it is one mistake."""
    applications: dict[str, list[TableRegistration]] = {}
    for registration in uninstalled:
        applications.setdefault(registration.import_module, []).append(registration)
    for models in applications.values():
        for crowd in [models] if len(models) >= _MANY else [[model] for model in models]:
            yield _django(crowd)


def _django(models: list[TableRegistration]) -> Finding:
    first, *others = models
    names = f"`{first.table.class_name}`" + (f" and {len(others)} more models" if others else "")
    return Finding(
        first.table.location,
        f"the application of {names}, `{first.import_module}`, is not in INSTALLED_APPS",
        f"Add it to INSTALLED_APPS in {first.registry}.",
        related=tuple(Related(each.table.location, f"`{each.table.class_name}`") for each in others),
    )


def _unloaded(registration: TableRegistration) -> Finding:
    table = registration.table
    return Finding(
        table.location,
        f"nothing imports `{registration.import_module}`, so Django never loads `{table.class_name}`, and migrations "
        "do not see its table",
        f"Import it in {registration.registry}.",
    )


def _alembic(registration: TableRegistration) -> Finding:
    table, registry = registration.table, registration.registry
    label = _label(registration)
    fix = None
    if table.class_name and registry and registration.import_module:
        edit = AddImport(registry, registration.import_module, table.class_name)
        fix = Fix(f"Import `{label}` in {registry}", (edit,), "unsafe")
    return Finding(
        table.location,
        f"nothing that {registry} imports loads `{label}`, so migrations do not see its table",
        f"Import it in {registry}.",
        fix=fix,
    )
