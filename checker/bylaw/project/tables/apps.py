"""Django applications: which one a model belongs to, what it is called, and what the settings say."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.values import text_of

if TYPE_CHECKING:
    from bylaw.project import Project


class DjangoApps:
    """Answers from `AppConfig` classes and module paths."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def labels(self) -> dict[str, str]:
        """Package (as the AppConfig states it, and by path) → label."""
        found: dict[str, str] = {}
        for file in self.project.files.values():
            for fact in file.facts.classes:
                if not any(getattr(base, "name", "").endswith("AppConfig") for base in fact.bases):
                    continue
                values = {v.name: text_of(v.value) for v in fact.variables}
                name = values.get("name")
                if name:
                    label = values.get("label") or name.rpartition(".")[2]
                    found[name] = label
                    found[file.facts.module.rpartition(".")[0]] = label
        return found

    @cached_property
    def user_model(self) -> str:
        """`AUTH_USER_MODEL` of the settings, or Django's own; '' where settings disagree."""
        values = {
            text_of(v.value)
            for file in self.project.files.values()
            for v in file.facts.variables
            if v.name == "AUTH_USER_MODEL"
        }  # fmt: skip
        if not values:
            return "django.contrib.auth.models.User"
        return next(iter(values)) or "" if len(values) == 1 else ""

    @cached_property
    def _migrated(self) -> frozenset[str]:
        """Packages with migrations of their own: applications, whether an AppConfig says so or not."""
        files = (file.facts for file in self.project.files.values())
        return frozenset(
            facts.module.rsplit(".", 2)[0]
            for facts in files
            if facts.module.count(".") > 1 and any(migration.tool == "django" for migration in facts.migrations)
        )

    def package_of(self, model: str) -> str:
        """The package of the application that a model (canonical name) stands in."""
        parts = model.split(".")[:-1]
        for end in range(len(parts), 0, -1):
            package = ".".join(parts[:end])
            if package in self.labels or package in self._migrated:
                return package
        if "models" in parts:
            at = len(parts) - 1 - parts[::-1].index("models")
            while at > 0 and parts[at - 1] == "models":  # `shop/models/models.py`
                at -= 1
            return ".".join(parts[:at])
        return ".".join(parts[:-1]) if len(parts) > 1 else ".".join(parts)

    def label_of(self, model: str) -> str:
        package = self.package_of(model)
        return self.labels.get(package) or package.rpartition(".")[2]
