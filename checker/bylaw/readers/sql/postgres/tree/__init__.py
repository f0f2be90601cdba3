"""The nodes of libpg_query's parse tree that operations are made of, named and spelled as there. All others are
skipped unread.
"""
