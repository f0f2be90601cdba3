"""What the usual extensions of PostgreSQL bring: the functions and types that go with them."""

from __future__ import annotations

from typing import Final

import msgspec


class Members(msgspec.Struct, frozen=True):
    """Functions and types of an extension, in lower case."""

    functions: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


def members_of(extension: str) -> Members:
    """What an extension brings; nothing where it is not one of the usual ones."""
    functions, types = _MEMBERS.get(extension.lower(), ("", ""))
    return Members(frozenset(functions.split()), frozenset(types.split()))


_MEMBERS: Final = {
    "citext": ("", "citext"),
    "cube": ("cube_distance cube_union cube_inter", "cube"),
    "earthdistance": ("earth_distance ll_to_earth earth_box", "earth"),
    "fuzzystrmatch": ("levenshtein levenshtein_less_equal soundex metaphone dmetaphone daitch_mokotoff", ""),
    "hstore": ("hstore hstore_to_json hstore_to_jsonb akeys avals skeys svals", "hstore"),
    "intarray": ("icount idx intset sort_asc sort_desc", "query_int"),
    "isn": ("isn_weak", "isbn isbn13 ean13 ismn ismn13 issn issn13 upc"),
    "ltree": ("nlevel subltree subpath text2ltree ltree2text", "ltree lquery ltxtquery"),
    "pg_trgm": ("similarity word_similarity strict_word_similarity show_trgm", ""),
    "pgcrypto": (
        "crypt gen_salt digest hmac gen_random_bytes pgp_sym_encrypt pgp_sym_decrypt pgp_pub_encrypt pgp_pub_decrypt "
        "encrypt_iv decrypt_iv",
        "",
    ),
    "pgvector": ("cosine_distance l2_distance inner_product", "vector halfvec sparsevec"),
    "vector": ("cosine_distance l2_distance inner_product", "vector halfvec sparsevec"),
    "postgis": (
        "st_distance st_dwithin st_contains st_intersects st_within st_makepoint st_setsrid st_transform st_asgeojson "
        "st_geomfromtext st_point st_x st_y st_area st_buffer st_union st_makeenvelope",
        "geometry geography box2d box3d",
    ),
    "tablefunc": ("crosstab normal_rand connectby", ""),
    "unaccent": ("unaccent", ""),
    "uuid-ossp": ("uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5", ""),
}
