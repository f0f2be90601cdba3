"""Operations of Django on a few models, each for a migration of its own: for tests that run them on a server."""

from __future__ import annotations

from typing import Final

_HEAD: Final = """\
import uuid

import django.utils.timezone
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models.functions import Lower, Now


class Migration(migrations.Migration):
    {head}dependencies = {dependencies}
    operations = [
        {operations},
    ]
"""
_MODELS: Final = """\
migrations.CreateModel("Team", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=80)),
            ("code", models.BigIntegerField(unique=True)),
        ]),
        migrations.CreateModel("Item", [
            ("id", models.AutoField(primary_key=True)),
            ("sku", models.CharField(max_length=20, unique=True)),
        ]),
        migrations.CreateModel("Order", [
            ("id", models.BigAutoField(primary_key=True)),
            ("number", models.IntegerField()),
            ("other", models.IntegerField(null=True)),
            ("team_ref", models.BigIntegerField(null=True)),
            ("note", models.CharField(max_length=40, null=True)),
            ("email", models.EmailField(default="")),
            ("code", models.CharField(max_length=10, db_index=True)),
            ("total", models.DecimalField(max_digits=8, decimal_places=2, default=0)),
            ("flag", models.BooleanField(default=False)),
            ("made", models.DateTimeField(null=True)),
            ("uid", models.UUIDField(null=True)),
            ("positive", models.PositiveIntegerField(default=1)),
            ("once", models.IntegerField(unique=True)),
            ("team", models.ForeignKey("APP.team", models.CASCADE, related_name="+")),
            ("maybe", models.ForeignKey("APP.team", models.SET_NULL, null=True, related_name="+")),
            ("bare", models.ForeignKey("APP.team", models.CASCADE, null=True, db_index=False, db_constraint=False,
                                       related_name="+")),
            ("items", models.ManyToManyField("APP.item", related_name="+")),
            ("one", models.OneToOneField("APP.team", models.CASCADE, null=True, related_name="+")),
            ("given", models.ForeignKey("APP.team", models.CASCADE, default=1, related_name="+")),
            ("by_code", models.ForeignKey("APP.team", models.CASCADE, null=True, to_field="code", related_name="+")),
        ], options={
            "indexes": [models.Index(fields=["number"], name="APP_number")],
            "constraints": [models.UniqueConstraint(fields=["number", "note"], name="APP_number_note")],
            "unique_together": {("number", "code")},
        })"""
_KEPT: Final = '"APP.team", models.SET_NULL, null=True, related_name="+"'
_GIVEN: Final = '"APP.team", models.CASCADE, related_name="+"'
_TEAM: Final = '"APP.team", models.CASCADE, null=True, related_name="+"'
_ADDED: Final = {
    "nullable": "IntegerField(null=True)",
    "with a default": "IntegerField(default=1)",
    "with a default of the database": "IntegerField(db_default=1)",
    "required": "IntegerField()",
    "unique": "IntegerField(null=True, unique=True)",
    "with an index": "IntegerField(null=True, db_index=True)",
    "positive": "PositiveIntegerField(null=True)",
    "foreign key": f"ForeignKey({_TEAM})",
    "foreign key without an index": f"ForeignKey({_TEAM}, db_index=False)",
    "foreign key without a constraint": f"ForeignKey({_TEAM}, db_constraint=False)",
    "foreign key with a default": 'ForeignKey("APP.team", models.CASCADE, default=1, related_name="+")',
    "one to one": f"OneToOneField({_TEAM})",
    "many to many": 'ManyToManyField("APP.team", related_name="+")',
    "a uuid for each": "UUIDField(default=uuid.uuid4)",
    "now": "DateTimeField(db_default=Now())",
    "generated": 'GeneratedField(expression=models.F("number"), output_field=models.IntegerField(), db_persist=True)',
    "json": "JSONField(default=list)",
}
_ALTERED: Final = {
    "required": ("note", "CharField(max_length=40)"),
    "nullable": ("number", "IntegerField(null=True)"),
    "longer": ("note", "CharField(max_length=80, null=True)"),
    "shorter": ("note", "CharField(max_length=10, null=True)"),
    "text": ("note", "TextField(null=True)"),
    "int to bigint": ("number", "BigIntegerField()"),
    "int to text": ("number", "TextField()"),
    "more digits": ("total", "DecimalField(max_digits=10, decimal_places=2, default=0)"),
    "more places": ("total", "DecimalField(max_digits=10, decimal_places=3, default=0)"),
    "unique": ("number", "IntegerField(unique=True)"),
    "indexed": ("other", "IntegerField(null=True, db_index=True)"),
    "indexed text": ("note", "CharField(max_length=40, null=True, db_index=True)"),
    "slug": ("note", "SlugField(null=True)"),
    "unique instead of indexed": ("code", "CharField(max_length=10, unique=True)"),
    "no longer indexed": ("code", "CharField(max_length=10)"),
    "no longer unique": ("once", "IntegerField()"),
    "positive": ("number", "PositiveIntegerField()"),
    "no longer positive": ("positive", "IntegerField(default=1)"),
    "to a foreign key": ("team_ref", f'ForeignKey({_TEAM}, db_column="team_ref")'),
    "to a foreign key of another column": ("team_ref", f"ForeignKey({_TEAM})"),
    "to a foreign key without an index": ("team_ref", f'ForeignKey({_TEAM}, db_column="team_ref", db_index=False)'),
    "to a foreign key of another type": ("other", f'ForeignKey({_TEAM}, db_column="other")'),
    "to one to one": ("team_ref", f'OneToOneField({_TEAM}, db_column="team_ref")'),
    "foreign key to one to one": ("maybe", f"OneToOneField({_TEAM})"),
    "foreign key to a number": ("maybe", 'BigIntegerField(null=True, db_column="maybe_id")'),
    "foreign key to another model": ("maybe", 'ForeignKey("APP.item", models.CASCADE, null=True, related_name="+")'),
    "foreign key on delete": ("maybe", f"ForeignKey({_TEAM})"),
    "foreign key required": ("maybe", 'ForeignKey("APP.team", models.CASCADE, related_name="+")'),
    "foreign key nullable": ("team", f"ForeignKey({_TEAM})"),
    "foreign key gets its constraint": ("bare", f"ForeignKey({_TEAM}, db_index=False)"),
    "foreign key loses its constraint": ("maybe", f"ForeignKey({_TEAM}, db_constraint=False)"),
    "foreign key, nothing": (
        "maybe",
        f'ForeignKey({_KEPT}, db_index=True, db_column="maybe_id", blank=True, unique=False)',
    ),
    "foreign key gets a default": ("maybe", f"ForeignKey({_KEPT}, default=1)"),
    "foreign key gets no default": ("maybe", f"ForeignKey({_KEPT}, default=None)"),
    "foreign key gets another default": ("given", f"ForeignKey({_GIVEN}, default=2)"),
    "foreign key loses its default": ("given", f"ForeignKey({_GIVEN})"),
    "foreign key with a default stays": ("given", f'ForeignKey({_GIVEN}, default=1, verbose_name="x")'),
    "foreign key gets a default of the database": ("maybe", f"ForeignKey({_KEPT}, db_default=1)"),
    "foreign key no longer indexed": ("maybe", f"ForeignKey({_KEPT}, db_index=False)"),
    "foreign key of another column": ("maybe", f'ForeignKey({_KEPT}, db_column="perhaps_id")'),
    "foreign key to another field": ("maybe", f'ForeignKey({_KEPT}, to_field="code")'),
    "foreign key to the key, said": ("maybe", f'ForeignKey({_KEPT}, to_field="id")'),
    "foreign key to a field stays": ("by_code", f'ForeignKey({_KEPT}, to_field="code", help_text="x")'),
    "foreign key to a field, to the key": ("by_code", f"ForeignKey({_KEPT})"),
    "foreign key unique for a day": ("maybe", f'ForeignKey({_KEPT}, unique_for_date="made")'),
    "foreign key nullable and given": ("given", f"ForeignKey({_GIVEN}, null=True)"),
    "one to one to foreign key": ("one", f"ForeignKey({_KEPT})"),
    "one to one to unique foreign key": ("one", f"ForeignKey({_KEPT}, unique=True)"),
    "one to one stays": ("one", f'OneToOneField({_KEPT}, verbose_name="x")'),
    "unique to indexed": ("once", "IntegerField(db_index=True)"),
    "another column": ("note", 'CharField(max_length=40, null=True, db_column="remark")'),
    "only help": ("note", 'CharField(max_length=40, null=True, help_text="x", choices=[("a", "A")])'),
    "a default of Python": ("number", "IntegerField(default=4)"),
    "a default of the database": ("number", "IntegerField(db_default=4)"),
    "a comment": ("note", 'CharField(max_length=40, null=True, db_comment="deprecated")'),
    "a day": ("made", "DateField(null=True)"),
    "uuid to text": ("uid", "CharField(max_length=36, null=True)"),
    "many to many": ("items", 'ManyToManyField("APP.item", related_name="x", blank=True)'),
}
_CHECK: Final = 'models.CheckConstraint(condition=models.Q(number__gt=0), name="APP_check")'
_OTHERS: Final = {
    "key grows": 'migrations.AlterField("item", "id", models.BigAutoField(primary_key=True))',
    # What points to the key goes first: since 6.1 Django drops a column without CASCADE.
    "another key": 'migrations.RemoveField("order", "items"), migrations.RemoveField("item", "id"), '
    'migrations.AlterField("item", "sku", '
    "models.CharField(max_length=20, primary_key=True, serialize=False))",
    "rename a field": 'migrations.RenameField("order", "note", "remark")',
    "rename a foreign key": 'migrations.RenameField("order", "maybe", "perhaps")',
    "rename many to many": 'migrations.RenameField("order", "items", "things")',
    "rename a model": 'migrations.RenameModel("Team", "Group")',
    "rename a table": 'migrations.AlterModelTable("team", "APP_group")',
    "remove a field": 'migrations.RemoveField("order", "note")',
    "remove a foreign key": 'migrations.RemoveField("order", "maybe")',
    "remove many to many": 'migrations.RemoveField("order", "items")',
    "delete a model": 'migrations.RemoveField("order", "items"), migrations.DeleteModel("Item")',
    "remove from the models": 'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("order", '
    '"note")])',
    "delete from the models": 'migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Order")])',
    "remove from the database": "migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("
    '"order", "note")])',
    "unique together": 'migrations.AlterUniqueTogether("order", {("number", "code"), ("team", "number")})',
    "no longer unique together": 'migrations.AlterUniqueTogether("order", set())',
    "index": 'migrations.AddIndex("order", models.Index(fields=["team", "-made"], name="APP_ix"))',
    "index concurrently": 'AddIndexConcurrently("order", models.Index(fields=["-made"], name="APP_ix"))',
    "index of some rows": 'migrations.AddIndex("order", models.Index(fields=["made"], name="APP_ix", '
    "condition=models.Q(flag=True)))",
    "remove an index": 'migrations.RemoveIndex("order", "APP_number")',
    "rename an index": 'migrations.RenameIndex("order", old_name="APP_number", new_name="APP_nr")',
    "unique constraint": 'migrations.AddConstraint("order", models.UniqueConstraint(fields=["number", "other"], '
    'name="APP_once"))',
    "unique for some rows": 'migrations.AddConstraint("order", models.UniqueConstraint(fields=["number"], '
    'condition=models.Q(flag=True), name="APP_once"))',
    "unique expression": 'migrations.AddConstraint("order", models.UniqueConstraint(Lower("note"), name="APP_once"))',
    "check": f'migrations.AddConstraint("order", {_CHECK})',
    "check not valid": f'AddConstraintNotValid("order", {_CHECK})',
    "check validated": f'AddConstraintNotValid("order", {_CHECK}), ValidateConstraint("order", "APP_check")',
    "remove a constraint": 'migrations.RemoveConstraint("order", "APP_number_note")',
    "order with respect to": 'migrations.AlterOrderWithRespectTo("order", "team")',
    "options": 'migrations.AlterModelOptions("order", {"ordering": ["number"]})',
    "comment on a table": 'migrations.AlterModelTableComment("order", "deprecated")',
    "proxy": 'migrations.CreateModel("Cheap", fields=[], options={"proxy": True}, bases=("APP.order",))',
    "new model": 'migrations.CreateModel("Line", [("id", models.BigAutoField(primary_key=True)), '
    '("order", models.ForeignKey("APP.order", models.CASCADE))])',
    "sql": 'migrations.RunSQL("ALTER TABLE APP_order ADD COLUMN z int NOT NULL")',
}
CASES: Final = {
    **{f"add {name}": f'migrations.AddField("order", "fresh", models.{field})' for name, field in _ADDED.items()},
    **{f"alter {name}": f'migrations.AlterField("order", "{at}", models.{to})' for name, (at, to) in _ALTERED.items()},
    **_OTHERS,
}
"""Operations by what they do. `APP` stands for the label of the app."""


def files_of(name: str, app: str) -> dict[str, str]:
    """The two migrations of an app: its models, and the case."""
    operations = CASES[name]
    bare = "atomic = False\n    " if "Concurrently" in operations or "NotValid" in operations else ""
    first = _HEAD.format(head="initial = True\n    ", dependencies="[]", operations=_MODELS)
    second = _HEAD.format(head=bare, dependencies='[("APP", "0001_initial")]', operations=operations)
    return {
        f"{app}/migrations/0001_initial.py": first.replace("APP", app),
        f"{app}/migrations/0002_change.py": second.replace("APP", app),
    }
