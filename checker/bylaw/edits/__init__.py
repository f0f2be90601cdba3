"""Carries out the edits of a fix: named operations in, plain byte replacements out; nothing else in the file moves."""

from __future__ import annotations

from bylaw.edits.resolving import Resolver, resolve
from bylaw.edits.text import EditError, apply

__all__ = ["EditError", "Resolver", "apply", "resolve"]
