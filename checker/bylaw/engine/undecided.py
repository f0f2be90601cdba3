"""What a run could not decide about the project's migrations, in words: said beside the diagnostics, never left out."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.project import Project


def undecided(project: Project) -> Iterator[str]:
    """One sentence, without its full stop, for each thing that was not decided, and what it was taken for."""
    history, settings = project.history, project.settings.migrations
    if settings.judge_all or not history.reason or not any(len(tree.steps) > 1 for tree in project.migrations.trees):
        return
    if history.base is not None:
        yield f"migrations that were merged and then edited are not told apart: {history.reason}"
    elif not settings.accepted_through:
        yield (
            f"which migrations are new is not known, so all are judged: {history.reason}; "
            "`--since REV` or `accepted-through` says from where on"
        )
