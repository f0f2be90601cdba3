"""Django, Flask and the others register in ways of their own."""

import pytest
from routing_projects import project_of, unreached

SETTINGS = 'ROOT_URLCONF = "config.urls"\n'
SHOP = "from django.urls import path\nurlpatterns = [path('', None)]\n"
DJANGO = {"config/settings.py": SETTINGS, "shop/urls.py": SHOP}
URLS = "from django.urls import include, path\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
BLUEPRINT = "from flask import Blueprint\nbp = Blueprint('a', __name__)\n@bp.route('/')\ndef index(): ...\n"
VIEWSET = "from rest_framework.viewsets import ModelViewSet\nclass Orders(ModelViewSet): ...\n"
DRF = URLS + "from rest_framework.routers import DefaultRouter\nfrom shop.api import Orders\nrouter = DefaultRouter()\n"

REACHED = {
    "a root from the environment": {
        **DJANGO,
        "config/settings.py": "import os\nROOT_URLCONF = os.environ.get('URLS', 'config.urls')\n",
        "config/urls.py": URLS + "urlpatterns = [path('', include('shop.urls'))]\n",
    },
    "a root in a settings class": {
        **DJANGO,
        "config/settings.py": "class Base:\n    ROOT_URLCONF = 'config.urls'\n",
        "config/urls.py": URLS + "urlpatterns = [path('', include('shop.urls'))]\n",
    },
    "patterns from a function": {
        **DJANGO,
        "config/urls.py": URLS + "def patterns():\n    return [path('', include('shop.urls'))]\n"
        "urlpatterns = patterns()\n",
    },
    "computed names": {
        **DJANGO,
        "config/urls.py": URLS + "urlpatterns = [path(name, include(f'{name}.urls')) for name in ('shop',)]\n",
    },
    "names that are added up": {
        **DJANGO,
        "config/urls.py": URLS + "urlpatterns = [path(name, include(name + '.urls')) for name in ('shop',)]\n",
    },
    "names in a table": {
        **DJANGO,
        "config/urls.py": URLS + "TABLE = [('s', 'shop.urls')]\n"
        "urlpatterns = [path(p, include(u)) for p, u in TABLE]\n",
    },
    "a hook that another package calls": {
        **DJANGO,
        "config/urls.py": URLS + "urlpatterns = []\n",
        "shop/hooks.py": URLS + "from hooks import hook\n@hook\ndef admin_urls():\n"
        "    return [path('', include('shop.urls'))]\n",
    },
    "one registry into another": {
        "config/settings.py": SETTINGS,
        "config/urls.py": DRF.replace("Orders", "router as shop")
        + "router.registry.extend(shop.registry)\nurlpatterns = router.urls\n",
        "shop/api.py": VIEWSET
        + "from rest_framework.routers import SimpleRouter\nrouter = SimpleRouter()\nrouter.register('o', Orders)\n",
    },
    "a view set by keyword": {
        "config/settings.py": SETTINGS,
        "config/urls.py": DRF + "router.register(prefix='o', viewset=Orders)\n"
        "urlpatterns = [path('', include(router.urls))]\n",
        "shop/api.py": VIEWSET,
    },
    "a view set as a view": {
        "config/settings.py": SETTINGS,
        "config/urls.py": URLS + "from shop.api import Orders\n"
        "urlpatterns = [path('', Orders.as_view({'get': 'list'}))]\n",
        "shop/api.py": VIEWSET,
    },
    "a blueprint that registers itself": {
        "app/a.py": BLUEPRINT,
        "app/main.py": FLASK + "from app.a import bp\nbp.register(app, {})\n",
    },
    "a subclass of Flask in a factory": {
        "app/a.py": BLUEPRINT,
        "app/main.py": "from flask import Flask\nclass Shop(Flask): ...\ndef create_app():\n    app = Shop(__name__)\n"
        "    from . import a\n    app.register_blueprint(a.bp)\n    return app\n",
    },
    "a mounted Starlette router": {
        "app/a.py": "from starlette.routing import Route, Router\nrouter = Router(routes=[Route('/', None)])\n",
        "app/main.py": "from starlette.applications import Starlette\nfrom starlette.routing import Mount\n"
        "from app.a import router\napp = Starlette(routes=[Mount('/a', app=router)])\n",
    },
}  # fmt: skip

LOST = {
    "a module below one that is lost": (
        {
            **DJANGO,
            "config/urls.py": URLS + "urlpatterns = [path('', include('shop.urls'))]\n",
            "old/urls.py": URLS + "urlpatterns = [path('', include('old.more'))]\n",
            "old/more.py": SHOP,
        },
        "old.urls.urlpatterns",
    ),
    "a source root above": (
        {
            "src/config/settings.py": SETTINGS,
            "src/config/urls.py": URLS + "urlpatterns = [path('', None)]\n",
            "src/shop/urls.py": SHOP,
        },
        "src.shop.urls.urlpatterns",
    ),
    "a Ninja API that is not mounted": (
        {
            "config/settings.py": SETTINGS,
            "config/urls.py": URLS + "urlpatterns = [path('', None)]\n",
            "config/api.py": "from ninja import NinjaAPI\napi = NinjaAPI()\n@api.get('/')\ndef index(request): ...\n",
        },
        "config.api.api",
    ),
    "a blueprint in a package": (
        {
            "app/main.py": FLASK,
            "app/auth/__init__.py": "from flask import Blueprint\nbp = Blueprint('auth', __name__)\n"
            "from app.auth import views\n",
            "app/auth/views.py": "from app.auth import bp\n@bp.route('/')\ndef index(): ...\n",
        },
        "app.auth.bp",
    ),
    "a Starlette router": (
        {
            "app/a.py": "from starlette.routing import Route, Router\nrouter = Router(routes=[Route('/', None)])\n",
            "app/main.py": "from starlette.applications import Starlette\napp = Starlette()\n",
        },
        "app.a.router",
    ),
    "a Litestar router": (
        {
            "app/a.py": "from litestar import Router, get\n@get('/')\nasync def x() -> str: ...\n"
            "router = Router(path='/a', route_handlers=[x])\n",
            "app/main.py": "from litestar import Litestar\napp = Litestar(route_handlers=[])\n",
        },
        "app.a.router",
    ),
    "a view set beside a registered one": (
        {
            "config/settings.py": SETTINGS,
            "config/urls.py": DRF + "router.register('o', Orders)\nurlpatterns = [path('', include(router.urls))]\n",
            "shop/api.py": VIEWSET + "class Items(ModelViewSet): ...\n",
        },
        "shop.api.Items",
    ),
    "a Sanic blueprint": (
        {
            "app/a.py": BLUEPRINT.replace("flask", "sanic"),
            "app/main.py": "from sanic import Sanic\napp = Sanic('shop')\n",
        },
        "app.a.bp",
    ),
    "an aiohttp table": (
        {
            "app/a.py": "from aiohttp import web\nroutes = web.RouteTableDef()\n@routes.get('/')\n"
            "async def x(r): ...\n",
            "app/main.py": "from aiohttp import web\napp = web.Application()\n",
        },
        "app.a.routes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", REACHED)
def test_it_is_reached(shape: str) -> None:
    assert not unreached(REACHED[shape])


@pytest.mark.parametrize("shape", LOST)
def test_it_is_lost(shape: str) -> None:
    files, name = LOST[shape]
    assert unreached(files) == {name}


def test_what_hangs_below_a_lost_module_is_named_with_it() -> None:
    files, name = LOST["a module below one that is lost"]
    found = next(iter(project_of(files).routing().unreached))
    assert (found.router.name, [child.name for child in found.children]) == (name, ["old.more.urlpatterns"])


def test_a_registered_router_says_through_which_files() -> None:
    files = REACHED["a subclass of Flask in a factory"]
    router = next(iter(project_of(files).routers))
    assert (router.status, router.endpoints) == ("registered", 1)
    assert "app/main.py" in router.through
