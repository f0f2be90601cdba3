"""Runs readers and rules over a project, and turns findings into diagnostics."""
