"""What the running release loses while it still talks to the schema that a deployment leaves."""
