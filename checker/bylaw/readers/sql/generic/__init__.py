"""Reads every dialect that is not PostgreSQL."""
