"""Which server a project runs on, as its compose files, CI services and settings say."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bylaw.engine.beside import read_beside
from bylaw.engine.discovery import discover
from bylaw.project import Project
from bylaw.project.servers_said import said_in, speaks_of_servers
from bylaw.readers import read_file
from bylaw.settings import MigrationSettings, Settings

IMAGES = {
    "image: postgres:15": ("postgres", (15,)),
    '- image: "cimg/postgres:14.0"': ("postgres", (14, 0)),
    "- postgres:12.2-alpine": ("postgres", (12, 2)),
    "- name: postgres:11": ("postgres", (11,)),
    "image: docker.io/library/postgres:15@sha256:abc": ("postgres", (15,)),
    "image: ${DATABASE_IMAGE:-postgres:16}": ("postgres", (16,)),
    "image: postgres:${PG_VERSION:-13}-alpine": ("postgres", (13,)),
    "FROM postgis/postgis:15-3.3 AS database": ("postgres", (15,)),
    "image: pgvector/pgvector:pg16": ("postgres", (16,)),
    "image: timescale/timescaledb:2.11.1-pg15": ("postgres", (15,)),
    "image: bitnami/postgresql:14.5.0-debian-11-r3  # comment": ("postgres", (14, 5, 0)),
    '"image": "postgres:9.6",': ("postgres", (9, 6)),
    "postgres-version: '14'": ("postgres", (14,)),
    "image: mysql:8.0.33": ("mysql", (8, 0, 33)),
    "image: percona/percona-server:8.0": ("mysql", (8, 0)),
    "image: mariadb:10.11": ("mariadb", (10, 11)),
    "image: postgres:latest": ("postgres", ()),
    "image: mysql": ("mysql", ()),
    "db: { ports: [], image: 'postgres:14.2', x: 1 }": ("postgres", (14, 2)),
    "- {image: postgres:15}": ("postgres", (15,)),
    "imageName: ghcr.io/cloudnative-pg/postgresql:15.3-1": ("postgres", (15, 3)),
    "postgresMajorVersion: '16'": ("postgres", (16,)),
    "postgresql version: '11'": ("postgres", (11,)),
    'PG_VERSION: "13"': ("postgres", (13,)),
}
FILES = {
    "infra/main.tf": (
        'resource "aws_db_instance" "main" {\n  identifier = "x"\n  engine = "postgres"\n  engine_version = "15.4"\n}\n'
        'resource "aws_rds_cluster" "m" {\n  engine_version = "8.0.mysql_aurora.3.04.0"\n  engine = "aurora-mysql"\n}\n'
        'resource "google_sql_database_instance" "g" {\n  database_version = "POSTGRES_14"\n}\n'
        'resource "azurerm_postgresql_flexible_server" "a" {\n  version = "13"\n}\n'
        'resource "aws_db_instance" "v" {\n  engine = "postgres"\n  engine_version = var.version\n}\n'
        'resource "aws_elasticache_cluster" "r" {\n  engine = "redis"\n  engine_version = "12"\n}\n'
        'resource "kubernetes_thing" "k" {\n  version = "9"\n}\n',
        [("postgres", (15, 4), 4), ("mysql", (8, 0), 7), ("postgres", (14,), 11), ("postgres", (13,), 14)],
    ),
    "charts/api/values.yaml": (
        "image:\n  repository: api\n  tag: 12.0\npostgresql:\n  enabled: true\n  image:\n    tag: '15.3.0-debian-11'\n"
        "db:\n  image:\n    repository: bitnami/postgresql\n    tag: 14\n  tag: 9\nmysql:\n  image: {tag: 5}\n",
        [("postgres", (15, 3, 0), 7), ("postgres", (14,), 11)],
    ),
    "serverless.yml": (
        "  Properties:\n    EngineVersion: '14.7'\n    Engine: postgres\n  Other:\n      Engine: mysql\n"
        "      EngineVersion: 8.0.32\n  Cache:\n        Engine: redis\n        EngineVersion: 7.0\n",
        [("postgres", (14, 7), 2), ("mysql", (8, 0, 32), 6)],
    ),
    "app.json": (
        '{"addons": ["papertrail",\n {"plan": "heroku-postgresql:mini", "options": {"version": "15"}}]}',
        [("postgres", (15,), 2)],
    ),
    ".tool-versions": ("python 3.12.1\npostgres 15.3\n# mysql 5.7\n", [("postgres", (15, 3), 2)]),
    "mise.toml": ('[tools]\npython = "3.12"\npostgres = "14"\n', [("postgres", (14,), 3)]),
    "flake.nix": ("x = pkgs.postgresql_15; # postgresql_12\n", [("postgres", (15,), 1)]),
    "Dockerfile": ("ARG PG=13\nFROM postgres:${PG}-alpine\nFROM python:$PY\n", [("postgres", (13,), 2)]),
    "k8s/db.yaml": ("spec:\n  containers:\n    - image: postgres:15\n      name: db\n", [("postgres", (15,), 3)]),
}
NO_SERVERS = (
    "# image: postgres:9", "postgres:", "name: mysql tests", "image: postgres:${{ matrix.postgres }}",
    "image: postgrest/postgrest:v12", "image: prometheus/postgres-exporter:v0.15", "run: docker run postgres:9",
    "image: redis:7", "image:", "- ", "image: timescale/timescaledb:2.11.1", "x" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("line", IMAGES)
def test_an_image_says_which_server_it_is(line: str) -> None:
    (found,) = said_in("compose.yml", f"services:\n  {line}\n")
    assert (found.product, found.version, found.line) == (*IMAGES[line], 2)


@pytest.mark.parametrize("line", NO_SERVERS)
def test_other_lines_say_nothing(line: str) -> None:
    assert not list(said_in("compose.yml", line))


def test_a_list_of_versions_and_supabase_are_read() -> None:
    assert [found.version for found in said_in(".github/workflows/x.yml", "postgres-version: [12, 14.1]")] == [
        (12,),
        (14, 1),
    ]
    assert [found.version for found in said_in("supabase/config.toml", "[db]\nport = 1\nmajor_version = 15\n")] == [
        (15,)
    ]


@pytest.mark.parametrize("path", FILES)
def test_each_form_of_file_is_read(path: str) -> None:
    text, expected = FILES[path]
    assert speaks_of_servers(path)
    assert [(found.product, found.version, found.line) for found in said_in(path, text)] == expected


def test_a_matrix_in_other_forms_is_read() -> None:
    job = "services:\n  image: postgres:${{ matrix.pg }}\n"
    below = f"matrix:\n  pg:\n    - 13\n    - '15'\n{job}"
    assert [found.version for found in said_in(".github/workflows/x.yml", below)] == [(13,), (15,)]
    included = f"include:\n  - python: 3.11\n    pg: 12\n  - pg: '16'\n{job}"
    assert [found.version for found in said_in(".github/workflows/x.yml", included)] == [(12,), (16,)]


def test_a_variable_is_looked_up_beside_the_file() -> None:
    files = {
        "deploy/compose.yml": "image: postgres:${PG_TAG}\nimage: $OTHER\n",
        "deploy/.env.example": "SECRET=x\nPG_TAG=15-alpine # the server\n",
        "deploy/.env": "PG_TAG=16\n",
    }
    assert found(files).migrations.postgres.version == (16,)
    del files["deploy/.env"]
    assert found(files).migrations.postgres.version == (15,)
    del files["deploy/.env.example"]
    assert found(files).migrations.postgres.source == " (assumed)"


@pytest.mark.parametrize(
    "image", ["postgres:${PG_TAG:-16}", "postgres:${PG_TAG-16}-alpine", "${PG_IMAGE:-postgres:16}"]
)
def test_a_default_of_a_variable_holds_where_nothing_sets_it(image: str) -> None:
    files = {"compose.yml": f"image: {image}\n"}
    assert found(files).migrations.postgres.version == (16,)
    set_beside = "PG_TAG=13\nPG_IMAGE=postgres:13.2\n"
    assert found({**files, ".env": set_beside}).migrations.postgres.version[0] == 13
    assert found({**files, ".env": "PG_TAG=\nOTHER=13\n"}).migrations.postgres.version == (16,)


def test_containers_of_tests_count_where_nothing_else_says_a_version() -> None:
    test = 'from testcontainers.postgres import PostgresContainer\n\n\ndb = PostgresContainer("postgres:12-alpine")\n'
    files = {"tests/conftest.py": test}
    assert found(files).migrations.postgres.source == " (tests/conftest.py:4 says so)"
    assert found({**files, "compose.yml": "image: postgres"}).migrations.postgres.version == (12,)
    assert found({**files, "compose.yml": "image: postgres:15"}).migrations.postgres.version == (15,)
    other = {"tests/conftest.py": test.replace("testcontainers", "ours")}
    assert found(other).migrations.postgres.source == " (assumed)"


def test_a_matrix_is_read() -> None:
    text = 'matrix:\n  postgres: ["13", "15-alpine"]\nservices:\n  image: postgres:${{ matrix.postgres }}\n'
    assert [(found.version, found.line) for found in said_in(".github/workflows/x.yml", text)] == [
        ((13,), 4),
        ((15,), 4),
    ]
    unlisted = said_in(".github/workflows/x.yml", "image: postgres:${{ matrix.python }}\npython: [3.11, nightly]\n")
    assert {found.version for found in unlisted} == {()}


def test_only_files_of_the_project_itself_are_asked() -> None:
    asked = (
        "docker-compose.yml", "compose.yaml", "deploy/docker-compose.prod.yml", ".github/workflows/test.yaml",
        ".gitlab-ci.yml", ".circleci/config.yml", "Dockerfile", "db/Dockerfile.postgres", "supabase/config.toml",
        "api/.github/workflows/ci.yml", "values.yaml", "charts/api/values-prod.yaml", "k8s/base/db.yaml", "render.yaml",
        "infra/main.tf", "app.json", "serverless.yml", "flake.nix", ".tool-versions", "api/mise.toml",
    )  # fmt: skip
    others = (
        "tests/docker-compose.yml", "examples/flask/compose.yml", "docs/compose.yml", "config.toml", "package.json",
        "charts/api/templates/db.yaml", "locales/en.yml", "tests/main.tf", "pyproject.toml",
        "mkdocs.yml", "workflows/test.yml", "node_modules/x/config.yml", "compose.py",
    )  # fmt: skip
    assert [path for path in (*asked, *others) if speaks_of_servers(path)] == list(asked)


def found(files: dict[str, str], **settings: object) -> Project:
    facts = {path: read_file(path, text.encode()) for path, text in files.items() if path.endswith((".py", ".sql"))}
    beside = [path for path in files if path not in facts]
    migrations = MigrationSettings(judge_all=True, **settings)  # type: ignore[arg-type]
    return Project(facts, Settings(migrations=migrations), lambda path: files[path].encode(), beside=beside)


def test_the_lowest_version_holds_and_settings_beat_it() -> None:
    files = {"compose.yml": "image: postgres:15", ".github/workflows/t.yml": "a: b\nimage: postgres:13.2"}
    version = found(files).migrations.postgres
    assert (version.major, str(version), version.origin) == (13, "PostgreSQL 13", ".github/workflows/t.yml:2")
    configured = found(files, postgres_version=16).migrations.postgres
    assert (str(configured), configured.source) == ("PostgreSQL 16", "")
    assert version.source == " (.github/workflows/t.yml:2 says so, compose.yml:1 says 15)"
    assumed = found({}).migrations.postgres
    assert (assumed.major, assumed.source) == (14, " (assumed)")
    assert str(found({"compose.yml": "image: postgres:9.6"}).migrations.postgres) == "PostgreSQL 9.6"


@pytest.mark.parametrize(
    ("files", "dialect"),
    [
        ({}, "postgres"),
        ({"compose.yml": "image: mysql:8.0"}, "mysql"),
        ({"compose.yml": "image: mariadb:10.11"}, "mariadb"),
        ({"compose.yml": "image: mysql:8\nimage: postgres:15"}, "postgres"),
        ({"app/db.py": "import pymysql\n"}, "mysql"),
        ({"app/db.py": "import pymysql\n", "compose.yml": "image: mariadb:11"}, "mariadb"),
        ({"app/db.py": "import pymysql\nimport asyncpg\n"}, "postgres"),
        ({"app/db.py": "import sqlite3\n"}, "other"),
        ({"app/db.py": "import sqlite3\n", "compose.yml": "image: postgres:15"}, "postgres"),
        ({"app/config.py": "URL = f'sqlite:///{FILE}'\n"}, "sqlite"),
        ({"migrations/alembic.ini": "sqlalchemy.url = sqlite:////var/lib/app/db.sqlite\n"}, "sqlite"),
        ({"tests/conftest.py": "URL = 'sqlite:///:memory:'\n"}, "postgres"),
        ({"app/config.py": "URL = 'sqlite:///dev.db'\n", "requirements.txt": "psycopg2-binary==2.9\n"}, "postgres"),
        ({"app/config.py": "URL = 'sqlite:///dev.db'\nLIVE = 'postgresql+psycopg://db'\n"}, "postgres"),
    ],
)  # fmt: skip
def test_the_kind_of_server_is_found(files: dict[str, str], dialect: str) -> None:
    revision = 'from alembic import op\nrevision = "a1"\ndown_revision = None\ndef upgrade():\n    op.drop_table("x")\n'
    migrations = found({"migrations/versions/a1.py": revision, **files}).migrations
    (tree,) = migrations.trees
    assert migrations.servers.dialect(tree) == dialect


GO = "module m\n\nrequire (\n\tgithub.com/lib/pq v1.10.9\n\tgithub.com/cockroachdb/cockroach-go/v2 v2.3.5\n)\n"


@pytest.mark.parametrize(
    ("files", "dialect"),
    [
        ({"go.mod": GO}, "cockroach"),
        ({"go.mod": GO, "compose.yml": "image: postgres:15"}, "postgres"),
        ({"go.mod": GO.replace("/lib/pq v1.10.9", "/go-sql-driver/mysql v1.8.1")}, "postgres"),
        ({"go.mod": GO.replace("github.com/cockroachdb/cockroach-go/v2 v2.3.5", "")}, "postgres"),
    ],
)
def test_a_driver_of_cockroachdb_speaks_through_one_of_postgresql(files: dict[str, str], dialect: str) -> None:
    text = "-- +goose Up\nCREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), made timestamptz);\n"
    migrations = found({"db/migrations/00001_init.sql": text, **files}).migrations
    (tree,) = migrations.trees
    assert migrations.servers.dialect(tree) == dialect


def test_trees_that_say_nothing_follow_the_others_of_their_runner() -> None:
    home = "{}/src/main/resources/org/x/migration/V1__x.sql"
    files = {
        home.format("account"): "ALTER TABLE a MODIFY b int;",
        home.format("invoice"): "DROP INDEX i ON a;",
        home.format("util"): "ALTER TABLE a ADD COLUMN b int;",
    }
    migrations = found(files).migrations
    assert [migrations.servers.dialect(tree) for tree in migrations.trees] == ["mysql"] * 3
    migrations = found(files | {home.format("other"): "ALTER TABLE a ADD b jsonb;"}).migrations
    assert [migrations.servers.dialect(tree) for tree in migrations.trees].count("postgres") == 2


def test_a_file_beside_the_code_is_read_safely(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("image: postgres:15")
    (tmp_path / "link.yml").symlink_to(tmp_path / "compose.yml")
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "compose.yml").write_text("image: postgres:9")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "large.yml").write_bytes(b" " * 2_000_001)
    os.mkfifo(tmp_path / "pipe.yml")
    assert read_beside(tmp_path, "compose.yml") == b"image: postgres:15"
    for path in (
        "link.yml",
        "folder/compose.yml",
        "pipe.yml",
        "large.yml",
        "../x",
        "/etc/hosts",
        "",
        "none.yml",
        "real",
    ):
        with pytest.raises(OSError):
            read_beside(tmp_path, path)


def test_discovery_leaves_out_what_git_ignores_and_what_is_excluded(tmp_path: Path) -> None:
    for path in ("compose.yml", "old/compose.yml", "legacy/compose.yml", ".github/workflows/ci.yml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("image: postgres:15")
    (tmp_path / ".gitignore").write_text("old/\n")
    (tmp_path / "docker-compose.yml").symlink_to(tmp_path / "compose.yml")
    assert discover(tmp_path, Settings(exclude=("legacy",))).beside == [".github/workflows/ci.yml", "compose.yml"]


@pytest.mark.parametrize(
    "path",
    ["compose.yml", "supabase/config.toml", ".github/workflows/x.yml", "values.yaml", "x.tf", "app.json", "x.nix"],
)
@pytest.mark.parametrize(
    "text",
    [
        "\n" * 200_000, " " * 200_000, "- " * 100_000, "image: " * 30_000, "${A:-" * 40_000, "\0",
        "EngineVersion: x\n" * 10_000, "image: a:${{ matrix.a }}\n" * 8_000, "a:\n" * 60_000,
        '"plan": "heroku' * 12_000,
        "".join(f"image: a:${{{{ matrix.a{n} }}}}\n" for n in range(8_000)),
    ],
)  # fmt: skip
def test_no_content_takes_long(path: str, text: str) -> None:
    started = time.process_time()
    assert not list(said_in(path, text))
    assert time.process_time() - started < 2
