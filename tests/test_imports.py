"""What runs when a module is imported."""

import textwrap

from bylaw.project.imports import ImportGraph, Reach
from bylaw.project.names import Names
from bylaw.readers import read_file


def reach(entry: str, **files: str) -> Reach:
    """What importing `entry` runs, in a project of modules: `app__models="..."` is `app/models.py`."""
    sources = {name.replace("__", "/") + ".py": textwrap.dedent(text).encode() for name, text in files.items()}
    sources = {path.replace("/init.py", "/__init__.py"): text for path, text in sources.items()}
    names = Names([read_file(path, text) for path, text in sources.items()])
    return ImportGraph(names).reach([entry])


def test_parents_stars_and_chains_run() -> None:
    found = reach(
        "main",
        main="from app.api.users import *\nimport app.db as db",
        app__init="from app import early",
        app__early="",
        app__api__init="",
        app__api__users="from ..models import user",
        app__db="",
        app__models__user="",
        app__models__order="",
    )
    assert found.modules == {"main", "app", "app.early", "app.api", "app.api.users", "app.db", "app.models.user"}


def test_type_checking_and_uncalled_functions_do_not_run() -> None:
    found = reach(
        "main",
        main="""
            from typing import TYPE_CHECKING
            import typing as t
            from app import loading

            if TYPE_CHECKING:
                from app import a
            if t.TYPE_CHECKING:
                from app import b

            loading.load()
            loading.Loader()
        """,
        app__loading="""
            def load():
                helper()

            def helper():
                from app import c

            def never():
                from app import d

            class Loader:
                def __init__(self):
                    from app import e
        """,
        app__a="",
        app__b="",
        app__c="",
        app__d="",
        app__e="",
    )
    assert found.modules == {"main", "app.loading", "app.c", "app.e"}


def test_discoveries_are_followed_or_limited() -> None:
    found = reach(
        "main",
        main="""
            import importlib
            import pkgutil
            import app.plugins
            from app import models

            importlib.import_module("app.exact")
            for info in pkgutil.walk_packages(models.__path__, models.__name__ + "."):
                importlib.import_module(info.name)
        """,
        app__exact="",
        app__plugins__init='import importlib\nNAME = "x"\nimportlib.import_module(f".{NAME}", __name__)',
        app__models__init="",
    )
    assert "app.exact" in found.modules
    assert found.discovered == {"app.models", "app.plugins"}
    assert found.may_hold("app.models.user")
    assert not found.may_hold("app.modelsish")


def test_a_computed_name_may_load_anything() -> None:
    found = reach("main", main="import importlib, config\nimportlib.import_module(config.NAME)")
    assert found.may_hold("app.anything")


def test_source_roots_and_cycles() -> None:
    found = reach(
        "server.alembic.env",
        server__alembic__env="from app.models import User",
        server__app__models__init="from app.models.user import User",
        server__app__models__user="import app.models",
    )
    assert found.modules == {"server.alembic.env", "server.app.models", "server.app.models.user"}
