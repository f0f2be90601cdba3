"""Names followed across files: source roots, re-exports, stars, aliases, cycles, and libraries left alone."""

import time

import pytest

from bylaw.facts.code import Class, Function, Variable
from bylaw.project.names import Names
from bylaw.readers import read_file


def names(files: dict[str, str]) -> Names:
    return Names([read_file(path, text.encode()) for path, text in files.items()])


def follow(files: dict[str, str], path: str, name: str) -> str:
    """The canonical name of what `name`, a variable at the top level of the file at `path`, stands for."""
    known = names(files)
    facts = next(facts for facts in known.files if facts.path == path)
    return known.resolve(f"{facts.module}.{name}", facts.module)


USER = "class User: ...\n"


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        ({"app/models.py": USER, "app/main.py": "from app.models import User\n"}, "app/main.py", "app.models.User"),
        ({"app/models.py": USER, "app/main.py": "from .models import User\n"}, "app/main.py", "app.models.User"),
        (
            {"src/shop/models.py": USER, "src/shop/main.py": "from shop.models import User\n"},
            "src/shop/main.py",
            "src.shop.models.User",
        ),
        (
            {
                "src/shop/models.py": USER,
                "src/shop/main.py": "from shop.models import User\n",
                "tests/test_a.py": "from shop.models import User\n",
            },
            "tests/test_a.py",
            "src.shop.models.User",
        ),
        (
            {
                "backend/app/models.py": USER,
                "backend/app/__init__.py": "",
                "backend/alembic/env.py": "from app.models import User\n",
            },
            "backend/alembic/env.py",
            "backend.app.models.User",
        ),
        ({"models.py": USER, "main.py": "from models import User\n"}, "main.py", "models.User"),
        ({"api/models.py": USER, "api/main.py": "from models import User\n"}, "api/main.py", "api.models.User"),
        (
            {
                "a/app/models.py": USER,
                "a/app/main.py": "from app.models import User\n",
                "b/app/models.py": USER,
                "b/app/main.py": "from app.models import User\n",
            },
            "b/app/main.py",
            "b.app.models.User",
        ),
        (
            {
                "app/models.py": USER,
                "server/app/models.py": USER,
                "server/app/main.py": "from app.models import User\n",
            },
            "server/app/main.py",
            "server.app.models.User",
        ),
        ({"a/b/c/d.py": USER, "a/b/c/e/f.py": "from ..d import User\n"}, "a/b/c/e/f.py", "a.b.c.d.User"),
        (
            {"a/b/__init__.py": "from .d import User\n", "a/b/d.py": USER, "a/e.py": "from .b import User\n"},
            "a/e.py",
            "a.b.d.User",
        ),
    ],
    ids=[
        "root", "relative", "src", "tests-beside-src", "env-beside-app", "flat", "script-folder", "monorepo", "nearer",
        "up", "package",
    ],
)  # fmt: skip
def test_the_same_module_from_everywhere(files: dict[str, str], path: str, expected: str) -> None:
    assert follow(files, path, "User") == expected


def test_a_module_with_a_librarys_name_is_not_the_library() -> None:
    files = {
        "app/__init__.py": "",
        "app/redis.py": "import redis\nfrom redis import Redis\nfrom redis.asyncio import X\nclass Client: ...\n",
        "app/main.py": "import redis\nfrom redis import Redis\nfrom app.redis import Client\nfrom app.core import y\n",
        "app/core.py": "import logging\ny = 1\n",
        "app/logging.py": "import logging\nfrom app.core import y\n",
    }
    known = names(files)
    for module in ("app.main", "app.redis"):
        assert known.resolve("redis.Redis", module) == "redis.Redis"
        assert known.module("redis", module) is None
        assert known.module("redis.asyncio", module) is None
    assert known.module("logging", "app.core") is None
    assert known.module("logging", "app.logging") is None
    assert known.resolve("app.redis.Client", "app.main") == "app.redis.Client"


def test_a_namespace_package_is_no_source_root_either() -> None:
    files = {
        "app/redis.py": "class Client: ...\n",
        "app/main.py": "import redis\nfrom app.redis import Client\n",
        "app/jobs.py": "from app.main import run\nimport redis\n",
        "app/more.py": "from .redis import Client\n",
    }
    known = names(files)
    assert known.module("redis", "app.main") is None
    assert known.resolve("redis.Redis", "app.jobs") == "redis.Redis"


def test_a_folder_named_after_a_library_that_nobody_imports_is_no_reason_to_take_it_for_the_library() -> None:
    types = "import sqlalchemy as sa\nfrom sqlalchemy.dialects import x\nfrom sqlalchemy.types import Text\n"
    files = {
        "src/api/models.py": "from sqlalchemy import Text\nfrom sqlalchemy.orm import Mapped\n",
        "src/api/main.py": "from api.models import Text\n",
        "src/api/extensions/sqlalchemy/__init__.py": "from .types import Kind\n",
        "src/api/extensions/sqlalchemy/types.py": types + "class Kind(Text): ...\n",
    }
    known = names(files)
    assert known.module("sqlalchemy", "src.api.models") is None
    assert known.resolve("sqlalchemy.orm.Mapped", "src.api.models") == "sqlalchemy.orm.Mapped"
    assert known.resolve("sqlalchemy.types.Text", "src.api.extensions.sqlalchemy.types") == "sqlalchemy.types.Text"


def test_roots_of_a_monorepo() -> None:
    files = {
        "server/polar/models.py": USER,
        "server/polar/api.py": "from polar.models import User\nfrom .kit import x\n",
        "server/polar/kit.py": "x = 1\n",
        "clients/tool/main.py": "from tool.other import y\n",
        "clients/tool/other.py": "y = 1\n",
        "dev/cli.py": "import helpers\n",
        "dev/helpers.py": "",
    }
    assert names(files).roots.all == ("", "clients", "dev", "server")


def test_two_modules_that_are_equally_near_are_undecided() -> None:
    files = {
        "a/app/models.py": USER, "a/app/main.py": "from app.models import User\n",
        "b/app/models.py": USER, "b/app/main.py": "from app.models import User\n",
        "tools/run.py": "from app.models import User\n",
    }  # fmt: skip
    assert names(files).module("app.models", "tools.run") is None


def test_through_packages_aliases_and_stars() -> None:
    files = {
        "app/__init__.py": "from .models import *\nfrom .service import Service as Renamed\n",
        "app/models/__init__.py": (
            "from .user import User, _hidden\nfrom app.models import order as orders\n__all__ = ['User', 'orders']\n"
        ),
        "app/models/user.py": USER + "class _hidden: ...\nPerson = User\n",
        "app/models/order.py": "class Order: ...\n",
        "app/service.py": (
            "import app.models.user as users\nimport app.models.order\n"
            "class Service: ...\nX = users.User\nY = app.models.order.Order\n"
        ),
        "main.py": "import app\nfrom app import User, Renamed, _hidden\nfrom app.models.user import Person\n",
    }  # fmt: skip
    known = names(files)
    assert known.resolve("app.User", "main") == "app.models.user.User"
    assert known.resolve("app.Renamed", "main") == "app.service.Service"
    assert known.resolve("app.orders.Order", "main") == "app.models.order.Order"
    assert known.resolve("app.models.user.Person", "main") == "app.models.user.User"
    assert known.resolve("app.service.X", "main") == "app.models.user.User"
    assert known.resolve("app.service.Y", "main") == "app.models.order.Order"
    assert known.resolve("app._hidden", "main") == "app._hidden"
    assert known.definition("main.Person") is not None


def test_a_star_brings_what_all_names_or_else_what_is_public() -> None:
    files = {
        "a.py": "__all__ = ['shown']\n__all__ += ['late']\nshown = 1\nlate = 2\nkept = 3\n",
        "b.py": "shown = 1\n_private = 2\nfrom c import far\n",
        "c.py": "far = 1\n",
        "user.py": "from a import *\nfrom b import *\n",
    }
    known = names(files)
    assert known.resolve("user.shown", "user") == "a.shown"
    assert known.resolve("user.late", "user") == "a.late"
    assert known.resolve("user.kept", "user") == "user.kept"
    assert known.resolve("user._private", "user") == "user._private"
    assert known.resolve("user.far", "user") == "c.far"


def test_a_package_may_offer_a_name_instead_of_its_submodule() -> None:
    files = {
        "app/__init__.py": "from .users import users\nfrom . import orders\n",
        "app/users.py": "def users(): ...\nclass User: ...\n",
        "app/orders.py": "class Order: ...\n",
    }
    known = names(files)
    assert known.resolve("app.users", "main") == "app.users.users"
    assert known.resolve("app.orders", "main") == "app.orders"
    assert known.resolve("app.users.User", "main") == "app.users.User"
    assert known.resolve("app.orders.Order", "main") == "app.orders.Order"


def test_a_package_goes_before_a_module_of_its_name() -> None:
    files = {
        "app/views.py": "class UserView: ...\n",
        "app/views/__init__.py": "from .users import UserView\n",
        "app/views/users.py": "class UserView: ...\n",
    }
    assert names(files).resolve("app.views.UserView", "main") == "app.views.users.UserView"


def test_a_star_may_bring_a_name_instead_of_a_submodule() -> None:
    files = {
        "app/api/__init__.py": "from .users import *\nfrom .orders import *\nfrom .items import *\n",
        "app/api/users/__init__.py": "from .views import *\n",
        "app/api/users/views.py": "users = object()\n",
        "app/api/orders.py": "from app.api import items\n",
        "app/api/items.py": "item = object()\n",
    }
    assert names(files).resolve("app.api.users.register") == "app.api.users.views.users.register"
    assert names(files).resolve("app.api.items") == "app.api.items"


def test_many_stars_beside_many_submodules_take_no_time() -> None:
    files = {f"app/part{at}.py": "from app import *\nthing = 1\n" for at in range(60)}
    files["app/__init__.py"] = "".join(f"from .part{at} import *\n" for at in range(60))
    started = time.perf_counter()
    assert names(files).resolve("app.part7.unknown") == "app.part7.unknown"
    assert time.perf_counter() - started < 2


def test_cycles_end() -> None:
    files = {
        "a.py": "from b import X\nfrom c import *\n",
        "b.py": "from a import X\n",
        "c.py": "from a import *\nfrom c import *\nloop = loop\nself = c.self\n",
        "d/__init__.py": "from d import e\n",
        "d/e.py": "from d import e\n",
    }
    known = names(files)
    for name in ("a.X", "b.X", "a.missing", "c.missing", "c.loop", "c.self", "d.e", "d.e.e", "d.e.e.e"):
        assert known.resolve(name, "a")
        known.definition(name, "a")


def test_a_fallback_does_not_hide_what_it_stands_in_for() -> None:
    files = {
        "fast.py": "class Parser: ...\ndef load(): ...\nclass Base: ...\n",
        "slow.py": "class Parser: ...\n",
        "app.py": (
            "from typing import TYPE_CHECKING, Any\n"
            "try:\n    from fast import Parser\nexcept ImportError:\n    from slow import Parser\n"
            "try:\n    from fast import load\nexcept ImportError:\n    def load(): ...\n"
            "try:\n    import fast\nexcept ImportError:\n    fast = None\n"
            "if TYPE_CHECKING:\n    from slow import Parser as Base\nelse:\n    class Base: ...\n"
            "if TYPE_CHECKING:\n    from slow import Parser as Two\nelse:\n    from fast import Parser as Two\n"
            "from fast import Base as Old\nOld = wrap(Old)\n"
            "if TYPE_CHECKING:\n    Real = Any\nelse:\n    Real = fast.Base\n"
        ),
    }
    known = names(files)
    assert known.resolve("app.Parser") == "fast.Parser"
    assert known.resolve("app.load") == "fast.load"
    assert known.resolve("app.fast.load") == "fast.load"
    assert known.resolve("app.Base") == "app.Base"
    assert known.resolve("app.Old") == "app.Old"
    assert known.resolve("app.Two") == "fast.Parser"
    assert known.resolve("app.Real") == "fast.Base"


def test_definitions_say_what_and_where() -> None:
    files = {
        "app/a.py": "class User:\n    class Meta: ...\n    def save(self): ...\ndef make(): ...\nname = 1\n",
        "app/b.py": "from app.a import User, make, name\nfrom app import a\nimport sqlalchemy\n",
    }
    known = names(files)
    found = {
        name: known.definition(f"app.b.{name}")
        for name in ("User", "User.Meta", "User.save", "make", "name", "a", "sqlalchemy")
    }
    items = {name: type(entry.item) if entry is not None else None for name, entry in found.items()}
    assert items == {
        "User": Class, "User.Meta": Class, "User.save": Function, "make": Function, "name": Variable, "a": type(None),
        "sqlalchemy": None,
    }  # fmt: skip
    assert {entry.file.path for entry in found.values() if entry is not None} == {"app/a.py"}
    assert known.definition("app.b.missing") is None
    assert known.definition("nothing.here") is None


def test_relative_imports_beyond_the_root_and_an_init_at_the_root() -> None:
    known = names({"a.py": "from ...b import X\n", "b.py": "class X: ...\n", "__init__.py": "from b import X\n"})
    assert known.resolve("a.X", "a")
    assert known.resolve("X", "b") in {"X", "b.X"}


def test_a_thousand_files_take_no_time() -> None:
    files = {
        f"app/m{n}.py": f"from app.m{n + 1} import Thing\nfrom app.m{(n * 7) % 1000} import other\n"
        for n in range(1000)
    }
    files["app/m1000.py"] = "class Thing: ...\n"
    known = names(files)
    start = time.process_time()
    for n in range(970, 1000):
        assert known.resolve(f"app.m{n}.Thing", "app.m0") == "app.m1000.Thing"
    for n in range(1000):
        known.resolve(f"app.m{n}.other", "app.m0")
    assert time.process_time() - start < 2


def test_a_name_that_no_folder_bears_is_found_by_what_is_imported_from_it() -> None:
    found = names({
        "src/__init__.py": "",
        "src/settings.py": "URL = ''\n",
        "src/models/__init__.py": "from .order import Order\n",
        "src/models/order.py": "class Order: ...\n",
        "migrations/env.py": "from shop.models import Order\nfrom shop.settings import URL\nimport kombu.models\n",
    })  # fmt: skip
    assert found.resolve("shop.models.Order", "migrations.env") == "src.models.order.Order"
    assert found.resolve("kombu.models", "migrations.env") == "kombu.models"


def test_a_library_is_none_of_the_projects_folders() -> None:
    found = names({
        "src/models/order.py": "class Order: ...\nURL = ''\n",
        "src/main.py": "from shop.models.order import Order, URL\nfrom shop.helpers import help_me\n",
        "src/more.py": "from oslo.models import order, base\n",
    })  # fmt: skip
    assert found.resolve("shop.models.order.Order", "src.main") == "shop.models.order.Order"
    assert found.resolve("oslo.models.order", "src.more") == "oslo.models.order"
