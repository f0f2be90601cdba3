"""The schema that migrations build, replayed without a database."""
