"""Modules that judging needs, loaded while forks of this process read files already."""

from __future__ import annotations


def load_for_judging() -> None:
    """Import what the rules ask nearly every project about. Without it the same is imported when it is asked for."""
    import bylaw.project.registration  # noqa: PLC0415
    import bylaw.project.routing  # noqa: PLC0415
    import bylaw.project.schema_drift  # noqa: PLC0415
    import bylaw.project.soft_deletes  # noqa: PLC0415
    import bylaw.project.tables  # noqa: F401, PLC0415
