"""Reads SQL migration files."""

from __future__ import annotations

from bylaw.facts.file import FileFacts


def read(path: str, content: bytes) -> FileFacts:  # noqa: ARG001
    """All facts of one SQL file."""
    return FileFacts(path, "sql")
