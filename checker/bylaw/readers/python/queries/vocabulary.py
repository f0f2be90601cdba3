"""What the ORMs call things."""

from __future__ import annotations

import re
from typing import Literal

from bylaw.readers.python.embedded_sql import PLACEHOLDER

SELECT = frozenset({
    "sqlalchemy.select", "sqlalchemy.future.select", "sqlalchemy.sql.select", "sqlalchemy.sql.expression.select",
    "sqlmodel.select", "sqlmodel.sql.expression.select", "sqlalchemy.orm.select",
})  # fmt: skip
DELETE = frozenset({
    "sqlalchemy.delete", "sqlalchemy.sql.delete", "sqlalchemy.sql.expression.delete", "sqlmodel.delete",
    "sqlalchemy.future.delete",
})  # fmt: skip
SELECT_ELSEWHERE, DELETE_ELSEWHERE = (".db.select", ".sql.select"), (".db.delete", ".sql.delete")
"""How the names of Flask-SQLAlchemy's own forms end, where the extension is called as everybody does, and those of a
module of the project's own that hands SQLAlchemy's on.
"""
ALIASED = frozenset({"sqlalchemy.orm.aliased", "sqlalchemy.aliased", "sqlmodel.aliased"})
DELETE_OF_TABLE = ".__table__.delete"
OF_TABLE = frozenset({"select", "delete"})
TEXT = frozenset({"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "sqlmodel.text"})
SHORTCUTS = frozenset({
    "django.shortcuts.get_object_or_404", "django.shortcuts.get_list_or_404",
    "rest_framework.generics.get_object_or_404", "django.shortcuts.aget_object_or_404",
})  # fmt: skip
EXECUTE = frozenset({
    "execute", "scalar", "scalars", "stream", "stream_scalars", "exec", "fetch_all", "fetch_one", "fetch_val",
    "iterate", "scalar_one", "scalar_one_or_none", "scalars_all", "execute_async", "paginate", "first_or_404",
    "one_or_404",
})  # fmt: skip
"""Methods of a session or connection that execute the statement they are handed."""
TO_ROWS = frozenset({
    "all", "first", "one", "one_or_none", "scalar", "scalars", "scalar_one", "scalar_one_or_none", "fetchall",
    "fetchone", "fetchmany", "unique", "mappings", "partitions", "yield_per", "get", "get_or_404", "first_or_404",
    "one_or_404", "paginate", "last", "latest", "earliest", "in_bulk", "iterator", "aiterator", "aget", "afirst",
    "alast", "alatest", "aearliest", "ain_bulk", "tuples",
})  # fmt: skip
ASKED_BY_THE_FRAMEWORK = frozenset({"get_queryset", "queryset", "get_context_data"})
"""Methods whose results Django executes itself."""
HANDED_A_ROW = frozenset({"perform_destroy"})
"""Methods of views that the framework hands the row to delete."""
OF_OBJECTS: dict[str, Literal["select", "count", "exists", "delete"]] = {
    "get": "select", "get_multi": "select", "get_joined": "select", "get_multi_joined": "select",
    "get_multi_by_cursor": "select", "count": "count", "exists": "exists", "db_delete": "delete",
}  # fmt: skip
"""Methods of FastCRUD's objects, whose keywords are the filter; they are handed the session first, or as `db`."""
CASTS = frozenset({"typing.cast", "typing_extensions.cast"})
HANDING_ON = frozenset({
    "asyncio", "typing", "typing_extensions", "itertools", "more_itertools", "copy", "anyio", "asgiref", "functools",
    "starlette", "fastapi",
})  # fmt: skip
"""Packages whose functions give back what they are handed, or what they call gives."""
DEPENDS = frozenset({"fastapi.Depends", "fastapi.Security", "fastapi.param_functions.Depends"})
ROUTING = frozenset({"get", "post", "put", "patch", "api_operation"})
"""Decorators of routers."""
LAZY_ALL = frozenset({"all"})
"""Django's `.all()` executes nothing."""
ASKING: dict[str, Literal["count", "exists", "aggregate"]] = {
    "count": "count", "acount": "count", "exists": "exists", "aexists": "exists", "aggregate": "aggregate",
    "aaggregate": "aggregate",
}  # fmt: skip
"""Methods that ask something about the rows of a statement, not for them."""
OUTSIDE_ROWS = frozenset({
    "subquery", "cte", "alias", "lateral", "scalar_subquery", "as_scalar",
    "update", "aupdate", "union", "union_all", "intersect", "except_", "compile", "none",
    "create", "acreate", "bulk_create", "abulk_create", "bulk_update", "abulk_update", "get_or_create",
    "aget_or_create", "update_or_create", "aupdate_or_create", "in_", "explain", "label", "corresponding_column",
    "contains",
})  # fmt: skip
"""Methods after which the statement returns no rows of its entity, or is a part of another one."""
EMBEDDING = frozenset({
    "in_", "not_in", "notin_", "any_", "exists", "Subquery", "Exists", "from_select", "aliased", "union", "union_all",
    "intersect", "except_",
})  # fmt: skip
"""What makes the statements that it is handed a part of another one."""
PICKING = frozenset({"with_entities", "with_only_columns"})
FETCH = frozenset({"fetch", "fetchrow", "fetchval", "executemany"})
"""Methods of drivers' connections and cursors, which are handed SQL text."""
DELETES = frozenset({"delete", "adelete"})
BUILTIN_CONSUMERS = frozenset({
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.iter", "builtins.next", "builtins.sorted",
    "builtins.enumerate", "builtins.map", "builtins.filter", "builtins.reversed", "builtins.zip", "builtins.dict",
    "builtins.len", "builtins.bool", "builtins.any", "builtins.all", "builtins.frozenset", "builtins.min",
    "builtins.max", "builtins.sum",
})  # fmt: skip
MANAGERS = ("objects", "_default_manager", "_base_manager")
"""How the names of Django's managers end."""
MANAGER = re.compile(
    r"^(?P<model>.+)\.(?P<manager>objects|[a-z_]*objects|_default_manager|_base_manager)(?:\.(?P<rest>[a-z_.]+))?$"
)
WORDS_OF_MANAGERS = ("objects", "_manager", ".query")
"""One of these stands in every name that MANAGER or FLASK_QUERY knows."""
FLASK_QUERY = re.compile(r"^(?P<model>.+\.[A-Z]\w*)\.query(?:\.(?P<rest>[a-z_.0-9]+))?$")
MODEL_ATTRIBUTE = re.compile(r"^(?:\w*_)?(?:model|entity|orm)(?:_?(?:class|cls|type|model))?$", re.IGNORECASE)
"""What generic repositories call the model that they serve: `self.model`, `cls.model_class`."""
SESSION_NAME = re.compile(r"(?:^|_)(?:session|sess|db|dbsession|database|tx|transaction|em)$", re.IGNORECASE)
"""What people call a database session."""
KEEPS_SESSIONS = re.compile(r"session|sess$|db|database|meta|transaction|store", re.IGNORECASE)
"""What else stands before `.query(…)` where a name of the module is a session, or makes them."""
SESSION_TYPE = re.compile(r"Session(?:Dep|Maker|Type|Local)?$|^(?:Db|DB)\w*$|AsyncSession|Database$")
SQL_DELETE = re.compile(r"\s*DELETE\s+FROM\s+(?:ONLY\s+)?(?P<table>[\w.\"`]+)", re.IGNORECASE)
SQL_SELECT = re.compile(
    r"\s*SELECT\s+(?P<what>[^;]{1,2000}?)\s+FROM\s+(?:ONLY\s+)?(?P<table>[\w.\"`]+)(?P<rest>[^;]*)",
    re.IGNORECASE | re.DOTALL,
)
SQL_AGGREGATE = re.compile(
    r"^\s*(?:\w{1,40}\s*\(\s*){0,4}(?:count|sum|min|max|avg|exists|bool_or|bool_and)\s*\(|^\s*1\s*$", re.IGNORECASE
)
SQL_GROUPED = re.compile(r"\bGROUP\s+BY\b", re.IGNORECASE)
"""What comes out is numbers, not rows."""
SQL_INNER = re.compile(r"\bFROM\b", re.IGNORECASE)
"""What is selected comes from another SELECT inside."""
COMPUTED_VALUE = re.compile(
    r"(?:[=<>]|\b(?:LIMIT|OFFSET|LIKE|IN))\s{0,9}\(?['%]{0,2}" + PLACEHOLDER + r"['%]{0,2}\)?", re.IGNORECASE
)
"""A value that is computed: what stands before it says that it is none of a condition."""
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ATTRIBUTE = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)")
ATTRIBUTE_BY_NAME = frozenset({"builtins.getattr", "builtins.hasattr"})
FILTERING = frozenset({"where", "filter", "filter_by", "exclude", "having"})
LOOKUPS = frozenset({"get", "aget"})
"""What Django's query sets take conditions with, too."""
JOINING = frozenset({"join", "outerjoin", "join_from", "select_from"})
"""What takes something else that rows come from, and that may have left some out."""
ORDERING = frozenset({"order_by", "group_by", "defer", "select_related", "prefetch_related"})
SHOWING = frozenset({"values", "values_list", "only"})
"""What picks columns: the marker among them is shown, and who sees the rows can tell the deleted ones."""
OF_DELETED = re.compile(r"(?:only_|all_)?(?:soft_?)?(?:dead|deleted|trashed|tombstones)(?:_only)?$")
"""Methods of query sets that look for deleted rows."""
VALUES = frozenset({"values", "values_list"})
GROUPING = frozenset({"Count", "Sum", "Avg", "Max", "Min", "StdDev", "Variance", "ArrayAgg", "StringAgg", "JSONBAgg"})
"""What Django computes of the rows that have the same values, where these were picked before."""
COLLECTING = frozenset({"append", "extend", "insert", "add", "update", "setdefault"})
