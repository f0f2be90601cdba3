"""What well-known library classes bring to a table, by package and class name."""

from __future__ import annotations

from functools import cache
from typing import Final

Brought = tuple[str, ...]
"""Attribute names of columns; one that starts with `*` is the primary key."""

DECLARATIVE_BASES: Final = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta"})
"""Classes of SQLAlchemy that a project's own base inherits from: such a subclass is a base, not a table."""

SQLALCHEMY_ROOTS: Final = frozenset({
    "sqlalchemy.DeclarativeBase", "sqlalchemy.DeclarativeBaseNoMeta", "facade.Model", "flask_appbuilder.Model",
    "flask_sqlalchemy.Model", "flask_sqlalchemy_lite.Model",
})  # fmt: skip
NAMING_ROOTS: Final = frozenset(
    {"facade.Model", "flask_appbuilder.Model", "flask_sqlalchemy.Model", "advanced_alchemy"}
)
"""Bases that name a table after its class where nothing else does."""

_ADVANCED_KEYS: Final = (
    "UUID", "UUIDv4", "UUIDv6", "UUIDv7", "BigInt", "NanoID", "Identity"
)  # fmt: skip
_ADVANCED: Final[dict[str, Brought]] = {
    **{f"{key}Base": ("*id", "sa_orm_sentinel") for key in _ADVANCED_KEYS},
    **{f"{key}AuditBase": ("*id", "sa_orm_sentinel", "created_at", "updated_at") for key in _ADVANCED_KEYS},
    **{f"{key}PrimaryKey": ("*id", "sa_orm_sentinel") for key in _ADVANCED_KEYS},
    "DefaultBase": (), "CommonTableAttributes": (), "SQLQuery": (), "AdvancedDeclarativeBase": (),
    "AuditColumns": ("created_at", "updated_at"),
    "AuditMixin": ("created_at", "updated_at"), "SlugKey": ("slug",), "UniqueMixin": (),
    "SentinelMixin": ("sa_orm_sentinel",),
}  # fmt: skip
ADVANCED_PACKAGES: Final = ("advanced_alchemy", "litestar")
ADVANCED_BASES: Final = frozenset(name for name in _ADVANCED if name.endswith("Base"))

_FASTAPI_USERS: Final = ("email", "hashed_password", "is_active", "is_superuser", "is_verified")
_OAUTH: Final = ("oauth_name", "access_token", "expires_at", "refresh_token", "account_id", "account_email")
SQLALCHEMY: Final[dict[str, Brought]] = {
    "fastapi_users.SQLAlchemyBaseUserTable": _FASTAPI_USERS,
    "fastapi_users.SQLAlchemyBaseUserTableUUID": ("*id", *_FASTAPI_USERS),
    "fastapi_users.SQLAlchemyBaseOAuthAccountTable": _OAUTH,
    "fastapi_users.SQLAlchemyBaseOAuthAccountTableUUID": ("*id", "user_id", *_OAUTH),
    "fastapi_users.SQLAlchemyBaseAccessTokenTable": ("*token", "created_at"),
    "fastapi_users.SQLAlchemyBaseAccessTokenTableUUID": ("*token", "created_at", "user_id"),
    "fastapi_users.SQLModelBaseUserDB": ("*id", *_FASTAPI_USERS),
    "fastapi_users.SQLModelBaseOAuthAccount": ("*id", "user_id", *_OAUTH),
    "sqlalchemy_utils.Timestamp": ("created", "updated"),
    "flask_dance.OAuthConsumerMixin": ("*id", "provider", "created_at", "token"),
    "flask_security.FsUserMixin": ("*id", "email", "username", "password", "active", "fs_uniquifier"),
    "flask_security.FsRoleMixin": ("*id", "name", "description", "permissions"),
    "flask_security.UserMixin": (), "flask_security.RoleMixin": (),
    "flask_appbuilder.AuditMixin": ("created_on", "changed_on", "created_by_fk", "changed_by_fk"),
    "flask_appbuilder.ImageColumn": (),
    "flask_principal.UserMixin": (),
    "sqlalchemy_mixins.AllFeaturesMixin": (), "sqlalchemy_mixins.TimestampsMixin": ("created_at", "updated_at"),
    "sqlalchemy_mixins.ActiveRecordMixin": (), "sqlalchemy_mixins.SerializeMixin": (),
    "sqlalchemy_mixins.ReprMixin": (),
    "sqlalchemy_mixins.SmartQueryMixin": (), "sqlalchemy_serializer.SerializerMixin": (),
}  # fmt: skip
_TABLE_NAMES: Final = {
    "fastapi_users.SQLAlchemyBaseUserTable": "user",
    "fastapi_users.SQLAlchemyBaseOAuthAccountTable": "oauth_account",
    "fastapi_users.SQLAlchemyBaseAccessTokenTable": "accesstoken",
}
"""The `__tablename__` that a library's mixin brings."""
_WITHOUT_COLUMNS: Final = frozenset({"sqlalchemy", "sqlmodel", "pydantic", "msgspec", "pydantic_settings"})
"""Packages whose classes bring no columns of their own."""
_PACKAGE_ALIASES: Final = {"fastapi_users_db_sqlalchemy": "fastapi_users", "fastapi_users_db_sqlmodel": "fastapi_users"}

_USER: Final = ("password", "last_login")
_PERSON: Final = ("username", "first_name", "last_name", "email", "is_staff", "is_active", "date_joined")
DJANGO_ABSTRACT: Final[dict[str, Brought]] = {
    "django.Model": (),
    "django.AbstractUser": (*_USER, "is_superuser", *_PERSON),
    "django.AbstractBaseUser": _USER,
    "django.PermissionsMixin": ("is_superuser",),
    "django.AbstractBaseSession": ("*session_key", "session_data", "expire_date"),
    "model_utils.TimeStampedModel": ("created", "modified"),
    "model_utils.TimeFramedModel": ("start", "end"),
    "model_utils.StatusModel": ("status", "status_changed"),
    "model_utils.SoftDeletableModel": ("is_removed",),
    "model_utils.UUIDModel": ("*id",),
    "django_extensions.TimeStampedModel": ("created", "modified"),
    "django_extensions.ActivatorModel": ("status", "activate_date", "deactivate_date"),
    "django_extensions.TitleDescriptionModel": ("title", "description"),
    "django_extensions.TitleSlugDescriptionModel": ("title", "description", "slug"),
    "mptt.MPTTModel": ("lft", "rght", "tree_id", "level"),
    "treebeard.MP_Node": ("path", "depth", "numchild"),
    "treebeard.NS_Node": ("lft", "rgt", "tree_id", "depth"),
    "treebeard.AL_Node": (),
    "modelcluster.ClusterableModel": (),
    "polymorphic.PolymorphicModel": ("polymorphic_ctype_id",),
    "safedelete.SafeDeleteModel": ("deleted", "deleted_by_cascade"),
    "django_softdelete.SoftDeleteModel": ("deleted_at", "restored_at", "transaction_id"),
    "softdelete.SoftDeleteObject": ("deleted_at",),
    "solo.SingletonModel": (),
    "ordered_model.OrderedModel": ("order",),
    "rules.RulesModel": (), "rules.RulesModelMixin": (),
    "django_fsm.FSMModelMixin": (), "django_lifecycle.LifecycleModel": (), "django_lifecycle.LifecycleModelMixin": (),
    "dirtyfields.DirtyFieldsMixin": (), "computedfields.ComputedFieldsModel": (),
    "wagtail.Orderable": ("sort_order",),
    "wagtail.PreviewableMixin": (), "wagtail.TranslatableMixin": ("translation_key", "locale_id"),
    "wagtail.RevisionMixin": ("latest_revision_id",),
    "wagtail.DraftStateMixin": ("live", "has_unpublished_changes", "first_published_at", "last_published_at",
    "live_revision_id",
                                "go_live_at", "expire_at", "expired"),
    "wagtail.LockableMixin": ("locked", "locked_at", "locked_by_id"), "wagtail.WorkflowMixin": (),
    "wagtail.CollectionMember": ("collection_id",),
    "wagtail.Searchable": (), "wagtail.Indexed": (), "wagtail.BaseSiteSetting": ("site_id",),
    "wagtail.BaseGenericSetting": (),
}  # fmt: skip
"""Abstract models: their columns land in the table of the subclass."""

DJANGO_CONCRETE: Final = frozenset({
    "django.User", "django.Group", "django.Permission", "django.ContentType", "django.Site", "django.Session",
    "django.LogEntry",
    "django.FlatPage", "wagtail.Page", "wagtail.Collection", "wagtail.Site", "wagtail.Image", "wagtail.Document",
    "taggit.TagBase",
})  # fmt: skip
"""Models with a table of their own: a subclass gets a `<parent>_ptr_id` key."""

DJANGO_TABLES: Final = {
    "User": "auth_user", "Group": "auth_group", "Permission": "auth_permission",
    "ContentType": "django_content_type", "Site": "django_site",
}  # fmt: skip
"""Physical names of Django's own models with the key `id`."""


@cache
def short(name: str) -> str:
    """Package and last part: `django.db.models.Model` and `django.contrib.gis.db.models.Model` are both
    `django.Model`.
    """
    package, _, rest = name.partition(".")
    return f"{_PACKAGE_ALIASES.get(package, package)}.{rest.rpartition('.')[2]}" if rest else package


@cache
def sqlalchemy_columns(name: str) -> Brought | None:
    """The columns of a library base or mixin; None when it is not known."""
    key = short(name)
    package, _, last = key.partition(".")
    if package in ADVANCED_PACKAGES and last in _ADVANCED:
        return _ADVANCED[last]
    if key in SQLALCHEMY_ROOTS or package in _WITHOUT_COLUMNS:
        return ()
    return SQLALCHEMY.get(key)


@cache
def is_sqlalchemy_root(name: str) -> bool:
    """Whether a subclass of this library class is declarative."""
    key = short(name)
    package, _, last = key.partition(".")
    return key in SQLALCHEMY_ROOTS or (package in ADVANCED_PACKAGES and last in ADVANCED_BASES)


@cache
def names_tables(name: str) -> bool:
    """Whether a library base names a table after its class."""
    key = short(name)
    package, _, last = key.partition(".")
    return key in NAMING_ROOTS or (package in ADVANCED_PACKAGES and last in ADVANCED_BASES)


def table_name(name: str) -> str | None:
    """The table name that a library base or mixin states, if it does."""
    return _TABLE_NAMES.get(short(name).removesuffix("UUID"))
