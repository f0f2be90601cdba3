"""Reads PostgreSQL with the server's own grammar."""
