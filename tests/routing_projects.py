"""Small projects in memory, for the tests of routing."""

from collections.abc import Mapping

from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.settings import Layout, Settings

USERS = "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/users')\ndef list_users(): ...\n"
MAIN = "from fastapi import FastAPI\napp = FastAPI()\n"
FACTORY = "from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n    return app\n"


def project_of(files: Mapping[str, str], tests: tuple[str, ...] = ()) -> Project:
    contents = {path: text.encode() for path, text in files.items()}

    def load(path: str) -> bytes:
        try:
            return contents[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    facts = {path: read_file(path, content) for path, content in contents.items()}
    return Project(facts, Settings(layout=Layout(tests=tests)), load)


def unreached(files: Mapping[str, str], tests: tuple[str, ...] = ()) -> set[str]:
    """The names of the routers that reach no application."""
    return {found.router.name for found in project_of(files, tests).routing().unreached}
