"""Routers are followed to an application, in every shape that code has for it."""

import pytest
from routing_projects import FACTORY, MAIN, USERS, unreached

HOLDS = {
    "a loop over a display": {
        "app/main.py": MAIN + "from app import users\nfor r in [users.router]:\n    app.include_router(r)\n",
    },
    "a loop over pairs": {
        "app/main.py": MAIN + "from app import users\nROUTES = [(users.router, '/u')]\n"
        "for r, prefix in ROUTES:\n    app.include_router(r, prefix=prefix)\n",
    },
    "the values of a dict": {
        "app/main.py": MAIN + "from app import users\nBY_PREFIX = {'/u': users.router}\n"
        "for prefix, r in BY_PREFIX.items():\n    app.include_router(r, prefix=prefix)\n",
    },
    "a loop over modules": {
        "app/main.py": MAIN + "from app import users\nfor module in (users,):\n    app.include_router(module.router)\n",
    },
    "a class that keeps a list": {
        "app/main.py": MAIN + "from app import users\nclass Api:\n    routers = [users.router]\n",
    },
    "a keyword": {"app/main.py": MAIN + "from app import users\napp.include_router(router=users.router)\n"},
    "map": {"app/main.py": MAIN + "from app.users import router\nlist(map(app.include_router, [router]))\n"},
    "another name for the method": {
        "app/main.py": MAIN + "from app.users import router\nadd = app.include_router\nadd(router)\n",
    },
    "one of two": {
        "app/main.py": MAIN + "import os\nfrom app import users\n"
        "app.include_router(users.router if os.environ else None)\n",
    },
    "a condition on what is run": {
        "app/main.py": MAIN + "from app.users import router\nif __name__ == '__main__':\n"
        "    app.include_router(router)\n",
    },
    "a name for another name": {
        "app/api.py": "from app.users import router as users\nroutes = users\n",
        "app/main.py": MAIN + "from app.api import routes\napp.include_router(routes)\n",
    },
    "two variables of one assignment": {
        "app/users.py": USERS.replace("router = ", "api = router = ").replace("@router", "@api"),
        "app/main.py": MAIN + "from app.users import router\napp.include_router(router)\n",
    },
    "a package that re-exports a module": {
        "app/api/__init__.py": "from app import users\n",
        "app/main.py": MAIN + "from app import api\napp.include_router(api.users.router)\n",
    },
    "a star import through a package": {
        "app/api/__init__.py": "from app.users import router as users_router\n",
        "app/main.py": MAIN + "from app.api import *\napp.include_router(users_router)\n",
    },
    "a router that is named like its module": {
        "app/users.py": "",
        "app/shop/__init__.py": "from .router import router\n",
        "app/shop/router.py": USERS,
        "app/main.py": MAIN + "from app.shop import router as shop\napp.include_router(shop)\n",
    },
    "a module that is named like its router": {
        "app/users.py": "",
        "app/shop/router.py": USERS,
        "app/main.py": MAIN + "from app.shop import router\napp.include_router(router.router)\n",
    },
    "the whole module": {"app/main.py": MAIN + "from app import users\nfrom house import serve\nserve(app, users)\n"},
    "getattr": {"app/main.py": MAIN + "from app import users\napp.include_router(getattr(users, 'router'))\n"},
    "an import by a literal name": {
        "app/main.py": MAIN + "import importlib\napp.include_router(importlib.import_module('app.users').router)\n",
    },
    "its routes": {"app/main.py": "from fastapi import FastAPI\nfrom app import users\n"
    "app = FastAPI(routes=users.router.routes)\n"},
    "an application in an attribute": {
        "app/main.py": "from fastapi import FastAPI\nfrom app.users import router\nclass Server:\n"
        "    def __init__(self) -> None:\n        self.app = FastAPI()\n"
        "    def start(self) -> None:\n        self.app.include_router(router)\n",
    },
    "a parameter, three calls down": {
        "app/a.py": "from app.users import router\ndef add(app):\n    app.include_router(router)\n",
        "app/b.py": "from app.a import add\ndef add_all(app):\n    add(app)\n",
        "app/main.py": FACTORY.replace("    return", "    from app.b import add_all\n    add_all(app)\n    return"),
    },
    "a lifespan": {
        "app/main.py": "from fastapi import FastAPI\nasync def lifespan(app):\n    from app.users import router\n"
        "    app.include_router(router)\n    yield\napp = FastAPI(lifespan=lifespan)\n",
    },
    "a method of its own class": {
        "app/users.py": "from fastapi import APIRouter\nclass Feature(APIRouter):\n    def attach(self, app):\n"
        "        app.include_router(self)\nrouter = Feature()\n@router.get('/x')\ndef x(): ...\n",
        "app/main.py": MAIN + "from app.users import router\nrouter.attach(app)\n",
    },
    "a class that collects its instances": {
        "app/house.py": "from fastapi import APIRouter\nALL = []\nclass Feature(APIRouter):\n"
        "    def __init__(self) -> None:\n        super().__init__()\n        ALL.append(self)\n",
        "app/users.py": "from app.house import Feature\nrouter = Feature()\n@router.get('/x')\ndef x(): ...\n",
        "app/main.py": MAIN + "import app.users\nfrom app.house import ALL\nfor r in ALL:\n    app.include_router(r)\n",
    },
    "a factory that registers what it makes": {
        "app/house.py": "from fastapi import APIRouter\nfrom app.main import app\ndef make(prefix):\n"
        "    r = APIRouter(prefix=prefix)\n    app.include_router(r)\n    return r\n",
        "app/users.py": "from app.house import make\nrouter = make('/users')\n@router.get('/x')\ndef x(): ...\n",
    },
    "a decorated factory": {
        "app/users.py": "from fastapi import APIRouter\nfrom app.house import feature\n@feature\ndef users():\n"
        "    router = APIRouter()\n    @router.get('/x')\n    def x(): ...\n    return router\n",
        "app/house.py": "FEATURES = []\ndef feature(make):\n    FEATURES.append(make)\n    return make\n",
    },
    "a loader in another module": {
        "app/main.py": MAIN + "from app.house import load\nfor m in load('app'):\n    app.include_router(m.router)\n",
        "app/house.py": "import importlib, pkgutil\ndef load(name):\n"
        "    for info in pkgutil.iter_modules(importlib.import_module(name).__path__):\n"
        "        yield importlib.import_module(f'{name}.{info.name}')\n",
    },
    "a loader that hands on to a third module": {
        "app/main.py": MAIN + "from app.house import load\nload(app)\n",
        "app/house.py": "import importlib, pkgutil\nfrom app.add import add\ndef load(app):\n"
        "    for info in pkgutil.iter_modules(['app']):\n"
        "        add(app, importlib.import_module(f'app.{info.name}').router)\n",
        "app/add.py": "def add(app, router):\n    app.include_router(router)\n",
    },
    "everything in a namespace": {
        "app/main.py": MAIN + "from fastapi import APIRouter\nfrom app.users import router\n"
        "for value in list(globals().values()):\n    if isinstance(value, APIRouter):\n"
        "        app.include_router(value)\n",
    },
    "a lazy attribute of a package": {
        "app/api/__init__.py": "import importlib\ndef __getattr__(name):\n"
        "    return importlib.import_module('app.users').router\n",
        "app/main.py": MAIN + "from app.api import users_router\napp.include_router(users_router)\n",
    },
    "no application in its distribution": {
        "libs/auth/setup.py": "",
        "libs/auth/auth/api.py": USERS,
        "services/shop/setup.py": "",
        "services/shop/main.py": MAIN,
        "app/users.py": "",
    },
}  # fmt: skip

BROKEN = {
    "imported for types only": {
        "app/main.py": MAIN + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.users import router\n",
    },
    "imported and forgotten": {"app/main.py": MAIN + "from app.users import router\n"},
    "an unrelated dynamic import": {
        "app/main.py": MAIN + "import importlib, os\nsettings = importlib.import_module(os.environ['SETTINGS'])\n",
    },
    "an annotated variable": {"app/users.py": USERS.replace("router = ", "router: APIRouter = "), "app/main.py": MAIN},
    "a factory that nobody else calls": {
        "app/users.py": "from app.house import make\nrouter = make('/users')\n@router.get('/x')\ndef x(): ...\n",
        "app/house.py": "from fastapi import APIRouter\ndef make(prefix):\n"
        "    r = APIRouter(prefix=prefix)\n    return r\n",
        "app/main.py": MAIN,
    },
    "endpoints that are added by calls": {
        "app/users.py": "from fastapi import APIRouter\nrouter = APIRouter()\ndef x(): ...\n"
        "router.add_api_route('/x', x)\n",
        "app/main.py": MAIN,
    },
    "endpoints through a decorator of the house": {
        "app/users.py": "from fastapi import APIRouter\nfrom app.house import guarded\nrouter = APIRouter()\n"
        "@guarded(router.get, '/x')\ndef x(): ...\n",
        "app/main.py": MAIN,
    },
    "a circle of two": {
        "app/users.py": USERS + "from app.b import b\nrouter.include_router(b)\n",
        "app/b.py": "from fastapi import APIRouter\nfrom app.users import router\nb = APIRouter()\n"
        "b.include_router(router)\n",
        "app/main.py": MAIN,
    },
}  # fmt: skip


@pytest.mark.parametrize("shape", HOLDS)
def test_a_router_is_reached(shape: str) -> None:
    assert not unreached({"app/users.py": USERS, "app/main.py": MAIN, **HOLDS[shape]})


@pytest.mark.parametrize("shape", BROKEN)
def test_a_router_is_not_reached(shape: str) -> None:
    files = {"app/users.py": USERS, "app/main.py": MAIN, **BROKEN[shape]}
    found = unreached(files)
    assert len(found) == 1
    assert found & {"app.users.router", "app.b.b"}


def test_each_of_two_services_has_its_own_modules() -> None:
    files = {
        "a/app/users.py": USERS,
        "a/app/main.py": MAIN + "from app.users import router\napp.include_router(router)\n",
        "b/app/users.py": USERS,
        "b/app/main.py": MAIN,
    }
    assert unreached(files) == {"b.app.users.router"}


def test_configured_tests_take_the_place_of_the_usual_folders() -> None:
    files = {"app/users.py": USERS, "app/main.py": MAIN, "checks/api.py": "from app.users import router\nuse(router)\n"}
    assert not unreached(files)
    assert unreached(files, tests=("checks/**",)) == {"app.users.router"}
