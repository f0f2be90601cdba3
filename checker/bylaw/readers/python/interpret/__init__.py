"""Follows Python code without running it: constants, literal loops, local helpers, branches. Migrations are read
with it.
"""
