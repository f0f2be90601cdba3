"""Tables that SQLAlchemy and SQLModel classes declare."""

import textwrap

from bylaw.facts.database import Column, Table
from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.settings import Settings


def project(**files: str) -> Project:
    """A project of Python modules: `app__models="..."` is `app/models.py`."""
    sources = {name.replace("__", "/") + ".py": textwrap.dedent(text).encode() for name, text in files.items()}
    return Project({path: read_file(path, text) for path, text in sources.items()}, Settings(), sources.__getitem__)


def table(found: Project, name: str) -> Table:
    return next(t for t in found.tables if t.name == name)


def column(found: Project, name: str, attribute: str) -> Column:
    result = table(found, name).column(attribute)
    assert result is not None
    return result


BASE = """
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase):
        pass
"""


def test_nullability_comes_from_the_type_and_the_call() -> None:
    found = project(
        app__db=BASE,
        app__models="""
            from datetime import datetime
            from typing import Optional, Union
            from sqlalchemy import Column, Integer, String
            from sqlalchemy.orm import Mapped, mapped_column
            from app.db import Base

            class User(Base):
                __tablename__ = "users"
                id: Mapped[int] = mapped_column(primary_key=True)
                name: Mapped[str]
                nick: Mapped[str | None]
                left: Mapped[Optional[datetime]] = mapped_column()
                seen: Mapped[Union[datetime, None]]
                forced: Mapped[str] = mapped_column(String(20), nullable=True)
                loose = Column(Integer)
                tight = Column(Integer, nullable=False)
        """,
    )
    nullable = {c.attribute: c.nullable for c in table(found, "users").columns}
    assert nullable == {
        "id": False,
        "name": False,
        "nick": True,
        "left": True,
        "seen": True,
        "forced": True,
        "loose": True,
        "tight": False,
    }


def test_relations_and_other_attributes_are_no_columns() -> None:
    found = project(
        app__db=BASE,
        app__models="""
            from sqlalchemy.ext.associationproxy import association_proxy
            from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym
            from app.db import Base

            class User(Base):
                __tablename__ = "users"
                id: Mapped[int] = mapped_column(primary_key=True)
                orders: Mapped[list["Order"]] = relationship()
                more: Mapped[list["Order"]]
                names = association_proxy("orders", "name")
                key = synonym("id")
                limit = 10

                @property
                def title(self): ...
        """,
    )
    users = table(found, "users")
    assert [c.attribute for c in users.columns] == ["id"]
    assert users.complete
    assert {"orders", "title", "key"} <= users.attributes


def test_foreign_keys_are_followed_however_they_are_written() -> None:
    found = project(
        app__db=BASE,
        app__users="""
            from sqlalchemy.orm import Mapped, mapped_column
            from app.db import Base

            class User(Base):
                __tablename__ = "users"
                __table_args__ = {"schema": "auth"}
                user_id: Mapped[int] = mapped_column("id", primary_key=True)
        """,
        app__notes="""
            from sqlalchemy import ForeignKey, ForeignKeyConstraint
            from sqlalchemy.orm import Mapped, mapped_column
            from app.db import Base
            from app import users
            from app.users import User

            class Note(Base):
                __tablename__ = "notes"
                __table_args__ = (ForeignKeyConstraint(["f"], ["auth.users.id"]), {"comment": "x"})
                id: Mapped[int] = mapped_column(primary_key=True)
                a: Mapped[int] = mapped_column(ForeignKey("auth.users.id"))
                b: Mapped[int] = mapped_column(ForeignKey(User.user_id))
                c: Mapped[int] = mapped_column(ForeignKey(users.User.__table__.c.user_id))
                d: Mapped[int] = mapped_column(ForeignKey(f"auth.users.id"))
                e: Mapped[int] = mapped_column(ForeignKey(f"{User.__tablename__}.id"))
                f: Mapped[int]
        """,
    )
    for attribute in "abcdef":
        key = column(found, "notes", attribute).foreign_key
        assert key is not None, attribute
        assert (key.table, key.column) == ("users", "id"), attribute
        assert found.target_of(key) is table(found, "users")


def test_joined_and_single_table_inheritance() -> None:
    found = project(
        app__db=BASE,
        app__models="""
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import Mapped, mapped_column
            from app.db import Base

            class Person(Base):
                __tablename__ = "people"
                person_id: Mapped[int] = mapped_column(primary_key=True)
                name: Mapped[str]

            class Manager(Person):
                __tablename__ = "managers"
                person_id: Mapped[int] = mapped_column(ForeignKey("people.person_id"), primary_key=True)
                level: Mapped[int]

            class Guest(Person):
                host: Mapped[str]
        """,
    )
    assert [t.name for t in found.tables] == ["people", "managers"]
    assert [c.attribute for c in table(found, "managers").columns] == ["person_id", "level"]
    assert table(found, "managers").parents == ("app.models.Person",)
    assert [c.attribute for c in table(found, "people").columns] == ["person_id", "name", "host"]
    assert found.table_of("app.models.Guest") is table(found, "people")


def test_bases_by_call_and_mixins_behind_them() -> None:
    found = project(
        app__mixins="""
            from sqlalchemy import Column, Integer

            class WithId:
                id = Column(Integer, primary_key=True)
        """,
        app__db="""
            from typing import TYPE_CHECKING, Any
            from sqlalchemy.orm import registry
            from app.mixins import WithId

            mapper_registry = registry()
            if TYPE_CHECKING:
                Base = Any
            else:
                Base = mapper_registry.generate_base(cls=WithId)
        """,
        app__models="""
            from app.db import Base

            class User(Base):
                __tablename__ = "users"
        """,
    )
    key = column(found, "users", "id")
    assert key.primary_key
    assert key.location.path == "app/mixins.py"


def test_columns_from_helpers_keep_what_the_caller_says() -> None:
    found = project(
        app__db=BASE,
        app__columns="""
            from functools import partial
            from sqlalchemy import ForeignKey, Uuid
            from sqlalchemy.orm import mapped_column

            def link(target, *, optional=False, **kwargs):
                return mapped_column(Uuid, ForeignKey(target), nullable=optional, **kwargs)

            key = partial(mapped_column, Uuid, primary_key=True)
        """,
        app__models="""
            from app.columns import key, link
            from app.db import Base

            class User(Base):
                __tablename__ = "users"
                user_id = key()

            class Note(Base):
                __tablename__ = "notes"
                note_id = key()
                author = link("users.user_id", optional=True, unique=True)
        """,
    )
    author = column(found, "notes", "author")
    assert author.foreign_key is not None
    assert (author.foreign_key.table, author.nullable, author.unique, author.type) == ("users", True, True, "Uuid")
    assert column(found, "users", "user_id").primary_key


def test_names_of_tables_that_a_base_computes() -> None:
    found = project(
        app__db="""
            from sqlalchemy.orm import DeclarativeBase, declared_attr

            class Base(DeclarativeBase):
                @declared_attr.directive
                def __tablename__(cls):
                    return f"{cls.__name__.lower()}s"

            class Odd(DeclarativeBase):
                @declared_attr
                def __tablename__(cls):
                    return mangle(cls)
        """,
        app__models="""
            from sqlalchemy import Column, ForeignKey, Integer
            from app.db import Base, Odd

            class User(Base):
                id = Column(Integer, primary_key=True)

            class JournalEntry(Odd):
                id = Column(Integer, primary_key=True)

            class Line(Odd):
                id = Column(Integer, primary_key=True)
                entry = Column(ForeignKey("journal_entry.id"))
        """,
    )
    names = {t.class_name: t.name for t in found.tables}
    assert names == {"User": "users", "JournalEntry": "journal_entry", "Line": ""}


def test_flask_sqlalchemy_under_any_name() -> None:
    found = project(
        shop__ext="""
            import flask_sqlalchemy
            from flask_sqlalchemy import SQLAlchemy as Orm

            class Database(flask_sqlalchemy.SQLAlchemy):
                pass

            db = Database()
            other = Orm()
        """,
        shop__models="""
            from shop import ext
            from shop.ext import db as database

            class OrderLine(database.Model):
                id = database.Column(database.Integer, primary_key=True)
                user_id = database.Column(database.ForeignKey("user.id"))

            class User(ext.other.Model):
                id = ext.other.mapped_column(ext.other.Integer, primary_key=True)
        """,
    )
    assert {t.name for t in found.tables} == {"order_line", "user"}
    assert table(found, "order_line").registry == "shop.ext.db"
    key = column(found, "order_line", "user_id").foreign_key
    assert key is not None
    assert key.column == "id"


def test_flask_sqlalchemy_of_a_library_or_of_the_host() -> None:
    found = project(
        shop__ext="""
            from importlib import import_module
            from os import environ

            from flask_sqlalchemy import SQLAlchemy

            if path := environ.get("HOST_DB"):
                db = getattr(import_module(path), "db")
            else:
                db = SQLAlchemy()
        """,
        shop__models="""
            from invenio_db import db
            from django import db as django_db
            from shop.ext import db as own

            class Order(db.Model):
                id = db.Column(db.Integer, primary_key=True)

            class Item(own.Model):
                id = own.Column(own.Integer, primary_key=True)

            class Other(django_db.models.Model):
                name = django_db.models.CharField(max_length=10)
        """,
    )
    assert {(t.name, t.orm) for t in found.tables if t.orm == "sqlalchemy"} == {
        ("order", "sqlalchemy"), ("item", "sqlalchemy"),
    }  # fmt: skip
    assert [t.orm for t in found.tables if t.class_name == "Other"] == ["django"]


def test_tables_without_classes_and_classes_mapped_to_them() -> None:
    found = project(
        app__tables="""
            import sqlalchemy as sa
            from sqlalchemy.orm import registry

            metadata = sa.MetaData()
            users = sa.Table("users", metadata, sa.Column("user_id", sa.Integer, primary_key=True, key="ident"))
            links = sa.Table(
                "links",
                metadata,
                sa.Column("a", sa.ForeignKey(users.c.ident)),
                sa.Column("b", sa.ForeignKey("users.user_id")),
                sa.PrimaryKeyConstraint("a", "b"),
            )
            shown = sa.Table("shown", metadata, autoload_with=None)

            class User: ...

            registry().map_imperatively(User, users)

            def later(name):
                return sa.Table(name, metadata)
        """,
    )
    assert [t.name for t in found.tables] == ["users", "links", "shown"]
    assert found.table_of("app.tables.User") == found.table_of("app.tables.users") == table(found, "users")
    assert table(found, "links").is_association
    assert not table(found, "shown").complete
    key = column(found, "users", "ident")
    assert (key.attribute, key.name) == ("ident", "user_id")


def test_association_tables_by_key_and_by_secondary() -> None:
    found = project(
        app__db=BASE,
        app__models="""
            from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, Table
            from sqlalchemy.orm import Mapped, mapped_column, relationship
            from app.db import Base

            by_name = Table("by_name", Base.metadata, Column("id", Integer, primary_key=True), Column("x", Integer))

            class Slot(Base):
                __tablename__ = "slots"
                room: Mapped[int] = mapped_column(primary_key=True)
                hour: Mapped[int] = mapped_column(primary_key=True)
                more = relationship("More", secondary="by_name")

            class SlotNote(Base):
                __tablename__ = "slot_notes"
                __table_args__ = (ForeignKeyConstraint(["room", "hour"], ["slots.room", "slots.hour"]),)
                room: Mapped[int] = mapped_column(primary_key=True)
                hour: Mapped[int] = mapped_column(primary_key=True)

            class Follow(Base):
                __tablename__ = "follows"
                who: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
                whom: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
        """,
    )
    assert {t.name for t in found.tables if t.is_association} == {"by_name", "follows"}


def test_sqlmodel_fields_of_every_kind() -> None:
    found = project(
        app__models="""
            import uuid
            from datetime import datetime
            from typing import ClassVar, Optional
            from sqlalchemy import Column, DateTime
            from sqlmodel import Field, Relationship, SQLModel

            class ItemBase(SQLModel):
                title: str = Field(max_length=255)

            class ItemRead(ItemBase):
                id: int

            class Item(ItemBase, table=True):
                id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
                owner_id: int | None = Field(default=None, foreign_key="user.id")
                gone_at: Optional[datetime] = Field(sa_column=Column("deleted_at", DateTime, nullable=True))
                renamed: int = Field(sa_column_kwargs={"name": "old_name", "server_default": "1"})
                owner: "User" = Relationship()
                kind: ClassVar[str] = "item"

            class User(SQLModel, table=True):
                id: int = Field(primary_key=True)
        """,
    )
    assert [t.name for t in found.tables] == ["item", "user"]
    item = table(found, "item")
    assert [(c.attribute, c.name) for c in item.columns] == [
        ("id", "id"),
        ("owner_id", "owner_id"),
        ("gone_at", "deleted_at"),
        ("renamed", "old_name"),
        ("title", "title"),
    ]
    assert column(found, "item", "owner_id").nullable
    assert column(found, "item", "title").nullable is False
    assert column(found, "item", "renamed").has_server_default


def test_what_cannot_be_known_makes_a_table_incomplete() -> None:
    found = project(
        app__models="""
            from private import Platform, audited_column
            from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

            class Base(DeclarativeBase): ...

            class A(Platform):
                __tablename__ = "a"
                id: Mapped[int] = mapped_column(primary_key=True)

            class B(Base):
                __tablename__ = "b"
                id: Mapped[int] = mapped_column(primary_key=True)
                changed: Mapped[int] = audited_column()

            class C(Base):
                __tablename__ = "c"
        """,
    )
    assert {t.name: t.complete for t in found.tables} == {"a": False, "b": False, "c": False}


def test_cycles_and_nonsense_end() -> None:
    found = project(
        app__models="""
            from app.models import A as A, B
            from sqlalchemy import Column
            from sqlalchemy.orm import DeclarativeBase, mapped_column

            A = B
            B = A

            class X(Y): ...
            class Y(X): ...
            class Z(A, B, Z):
                __tablename__ = "z"
                id = mapped_column(primary_key=True)

            def loop():
                return loop()

            class Base(DeclarativeBase): ...

            class W(Base):
                __tablename__ = "w"
                id = loop()
                key = Column(Column(Column()), primary_key=True)
        """,
    )
    assert "w" in {t.name for t in found.tables}


def test_the_role_of_a_file_decides_the_context() -> None:
    model = """
        from sqlmodel import Field, SQLModel

        class Thing(SQLModel, table=True):
            id: int = Field(primary_key=True)
    """
    found = project(
        app__models=model,
        tests__models=model,
        examples__shop=model,
        alembic__versions__one="down_revision = None\n" + textwrap.dedent(model),
        app__revisions__two="down_revision = None\n" + textwrap.dedent(model),
    )
    assert {t.location.path: t.context for t in found.tables} == {
        "alembic/versions/one.py": "migration",
        "app/models.py": "app",
        "app/revisions/two.py": "migration",
        "examples/shop.py": "example",
        "tests/models.py": "test",
    }


def test_a_very_long_line_of_ancestors_ends_somewhere() -> None:
    forwards = "\n".join(f"class C{n}(C{n - 1}): ..." for n in range(1, 3000))
    backwards = "\n".join(f"class D{n}(D{n + 1}): ..." for n in range(3000))
    found = project(
        app__models=f"""
            from sqlmodel import Field, SQLModel

            class C0(SQLModel): ...
            {textwrap.indent(forwards, " " * 12).strip()}
            {textwrap.indent(backwards, " " * 12).strip()}

            class Last(C2999, table=True):
                id: int = Field(primary_key=True)
        """
    )
    assert all(not t.complete for t in found.tables)


def test_users_of_a_library_have_its_columns_and_names() -> None:
    found = project(
        app__db=BASE,
        app__models="""
            from fastapi_users.db import SQLAlchemyBaseUserTableUUID
            from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTable
            from fastapi_users_db_sqlalchemy.access_token import SQLAlchemyBaseAccessTokenTableUUID
            from advanced_alchemy.base import UUIDAuditBase
            from sqlalchemy.orm import Mapped, mapped_column
            from app.db import Base

            class User(SQLAlchemyBaseUserTableUUID, Base):
                name: Mapped[str]

            class Admin(SQLAlchemyBaseUserTable[int], Base):
                __tablename__ = "admins"
                admin_id: Mapped[int] = mapped_column(primary_key=True)

            class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
                pass

            class OrderLine(UUIDAuditBase):
                amount: Mapped[int]
        """,
    )
    assert {t.name: t.complete for t in found.tables} == {
        "user": True,
        "admins": True,
        "accesstoken": True,
        "order_line": True,
    }
    assert column(found, "user", "id").from_library
    assert column(found, "admins", "is_active").from_library
    assert [c.attribute for c in table(found, "admins").primary_key] == ["admin_id"]
    assert {"id", "created_at"} <= {c.attribute for c in table(found, "order_line").columns}


def test_a_long_or_a_round_line_of_classes_is_no_trouble() -> None:
    """Each doubling of either would square the time, or never come to an end."""
    line = "".join(f"class Line{n + 1}(Line{n}): ...\n" for n in range(55))
    lattice = "".join(
        f"class Left{n + 1}(Left{n}, Right{n}): ...\nclass Right{n + 1}(Right{n}, Left{n}): ...\n" for n in range(40)
    )
    found = project(
        app__models=f"""
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): ...
class First(Second, Base): ...
class Second(First, Base): ...
class Line0(Base): ...
{line}
class Left0(Base): ...
class Right0(Base): ...
{lattice}
class User(Base):
    __tablename__ = "users"
    user_id: Mapped[int] = mapped_column(primary_key=True)
class Admin(User): ...
"""
    )
    assert [t.name for t in found.tables] == ["users"]
