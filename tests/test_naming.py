"""Entity names from classes and tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaw.facts.naming import class_entities, same_name, singular, singulars, snake, table_entities


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("JournalEntry", "journal_entry"),
        ("HTTPLog", "http_log"),
        ("OAuth2Client", "o_auth2_client"),
        ("user", "user"),
        ("Kebab-Case", "kebab_case"),
    ],
)
def test_snake(name: str, expected: str) -> None:
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("users", "user"),
        ("journal_entries", "journal_entry"),
        ("statuses", "status"),
        ("addresses", "address"),
        ("boxes", "box"),
        ("batches", "batch"),
        ("caches", "cache"),
        ("houses", "house"),
        ("movies", "movie"),
        ("people", "person"),
        ("sales_people", "sales_person"),
        ("criteria", "criterion"),
        ("analyses", "analysis"),
        ("indices", "index"),
        ("news", "news"),
        ("series", "series"),
        ("status", "status"),
        ("address", "address"),
        ("bus", "bus"),
        ("canvas", "canvas"),
        ("order_data", "order_data"),
        ("media", "media"),
    ],
)
def test_singular(plural: str, expected: str) -> None:
    assert singular(plural) == expected


@pytest.mark.parametrize(
    ("plural", "accepted"),
    [
        ("statuses", {"status"}),
        ("data", {"datum", "data"}),
        ("media", {"medium", "media"}),
        ("shelves", {"shelf", "shelve"}),
        ("points_of_sale", {"point_of_sale"}),
    ],
)
def test_every_plausible_singular_is_accepted(plural: str, accepted: set[str]) -> None:
    assert accepted <= singulars(plural)


def test_best_guesses_come_first() -> None:
    assert class_entities("UserTable", ("Table",))[0] == "user"
    assert class_entities("Media")[0] == "media"
    assert class_entities("OAuth2Client")[0] == "oauth2_client"
    assert table_entities("shop_orders", "shop")[0] == "order"
    assert table_entities("app.journal-entries")[0] == "journal_entry"


def test_same_name_ignores_how_words_are_divided() -> None:
    assert same_name("o_auth2_client", "oauth2_client")
    assert not same_name("user_id", "author_id")


@given(st.text())
def test_any_text_has_names(text: str) -> None:
    assert singular(snake(text)) in singulars(snake(text)) | {singular(snake(text))}
    table_entities(text)
    class_entities(text, ("Table",))
