"""Tables that Django models declare."""

import textwrap

from bylaw.facts.database import Table
from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.settings import Settings


def project(**files: str) -> Project:
    """A project of Python modules: `shop__models="..."` is `shop/models.py`."""
    sources = {name.replace("__", "/") + ".py": textwrap.dedent(text).encode() for name, text in files.items()}
    return Project({path: read_file(path, text) for path, text in sources.items()}, Settings(), sources.__getitem__)


def table(found: Project, class_name: str) -> Table:
    return next(t for t in found.tables if t.class_name == class_name)


def test_fields_keys_and_names() -> None:
    found = project(
        shop__apps="""
            from django.apps import AppConfig

            class ShopConfig(AppConfig):
                name = "shop"
                label = "store"
        """,
        shop__models__order="""
            from django.contrib.gis.db import models as geo
            from django.db import models
            from taggit.managers import TaggableManager
            from phonenumber_field.modelfields import PhoneNumberField

            class Shout(models.CharField): ...

            class Order(models.Model):
                number = Shout(max_length=3, null=True, unique=True)
                place = geo.PointField()
                phone = PhoneNumberField()
                total = models.IntegerField(default=0, db_column="sum", db_default=1)
                customer = models.ForeignKey("Customer", on_delete=models.CASCADE, null=True)
                parent = models.OneToOneField("self", on_delete=models.CASCADE, db_column="parent_order")
                friends = models.ManyToManyField("Customer")
                tags = TaggableManager()
                objects = models.Manager()

                class Meta:
                    ordering = ["number"]

            class Customer(models.Model):
                customer_id = models.UUIDField(primary_key=True)

                class Meta:
                    db_table = "clients"
        """,
    )
    order = table(found, "Order")
    assert (order.name, order.app_label) == ("store_order", "store")
    assert [(c.attribute, c.name) for c in order.columns] == [
        ("id", "id"),
        ("number", "number"),
        ("place", "place"),
        ("phone", "phone"),
        ("total", "sum"),
        ("customer_id", "customer_id"),
        ("parent_id", "parent_order"),
    ]
    key = order.column("customer")
    assert key is not None
    assert key.foreign_key is not None
    assert (key.foreign_key.table, key.foreign_key.column, key.nullable) == ("clients", "customer_id", True)
    assert table(found, "Customer").primary_key[0].implicit is False
    assert order.primary_key[0].implicit


def test_abstract_proxy_and_multi_table_inheritance() -> None:
    found = project(
        shop__base="""
            from django.db import models

            class Timed(models.Model):
                created_at = models.DateTimeField()
                removed = models.BooleanField()

                class Meta:
                    abstract = True
                    app_label = "books"
        """,
        shop__models="""
            from django.db import models
            from shop.base import Timed

            class Place(Timed):
                removed = None
                name = models.TextField()

            class Cafe(Place):
                seats = models.IntegerField()

            class NicePlace(Place):
                class Meta:
                    proxy = True

            class Unclear(Place):
                class Meta:
                    abstract = computed()
        """,
    )
    assert [t.class_name for t in found.tables] == ["Place", "Cafe"]
    place, cafe = table(found, "Place"), table(found, "Cafe")
    assert place.name == "books_place"
    assert [c.attribute for c in place.columns] == ["id", "name", "created_at"]
    assert [c.attribute for c in cafe.columns] == ["place_ptr_id", "seats"]
    assert cafe.parents == ("shop.models.Place",)
    assert found.table_of("shop.models.NicePlace") is place


def test_users_and_other_models_of_django() -> None:
    found = project(
        config__settings='AUTH_USER_MODEL = "accounts.Account"',
        accounts__models="""
            from django.contrib.auth.models import AbstractUser, Group

            class Account(AbstractUser):
                pass
        """,
        shop__models="""
            from django.conf import settings
            from django.contrib.auth import get_user_model
            from django.contrib.auth.models import Group
            from django.db import models

            class Order(models.Model):
                a = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
                b = models.ForeignKey(get_user_model(), models.CASCADE)
                c = models.ForeignKey(Group, models.CASCADE)
                d = models.ForeignKey("elsewhere.Thing", models.CASCADE)
        """,
    )
    account = table(found, "Account")
    assert {"id", "username", "is_active"} <= {c.attribute for c in account.columns}
    targets = {c.relation: c.foreign_key for c in table(found, "Order").columns if c.foreign_key}
    assert {name: (key.table, key.column) for name, key in targets.items()} == {
        "a": ("accounts_account", "id"),
        "b": ("accounts_account", "id"),
        "c": ("auth_group", "id"),
        "d": ("", ""),
    }


def test_what_comes_from_unknown_packages_leaves_the_key_open() -> None:
    found = project(
        shop__models="""
            from django.db import models
            from some_package.models import AbstractThing

            class Thing(AbstractThing):
                name = models.TextField()

            class Form(AbstractThing):
                name = forms.CharField()
        """
    )
    assert [(t.class_name, t.complete, t.primary_key) for t in found.tables] == [("Thing", False, ())]


def test_composite_keys_and_through_tables() -> None:
    found = project(
        shop__models="""
            from django.db import models

            class Order(models.Model):
                products = models.ManyToManyField("Product", through="OrderLine")

            class Product(models.Model):
                pass

            class OrderLine(models.Model):
                pk = models.CompositePrimaryKey("order_id", "product")
                order = models.ForeignKey(Order, models.CASCADE)
                product = models.ForeignKey(Product, models.CASCADE)
        """
    )
    line = table(found, "OrderLine")
    assert [c.attribute for c in line.primary_key] == ["order_id", "product_id"]
    assert line.is_association


def test_a_module_named_models_in_a_package_of_models() -> None:
    found = project(
        shop__models__models="""
            from django.db import models

            class Order(models.Model): ...
        """
    )
    assert table(found, "Order").name == "shop_order"
