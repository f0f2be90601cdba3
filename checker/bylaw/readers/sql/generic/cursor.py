"""A reader's finger on the tokens of one statement."""

from __future__ import annotations

from typing import Final

from bylaw.readers.sql.lexer import Lexicon, Token, tidy, tokens
from bylaw.readers.sql.rows import identifier
from bylaw.readers.sql.text import Stretch, readable
from bylaw.source import Span

_NAMES: Final = frozenset({"word", "quoted"})


class NotUnderstood(Exception):  # noqa: N818 - a turn of the reading, always caught
    """The statement goes on in a way that the grammar does not know. The text is what stands there."""


class Cursor:
    """The tokens of a stretch without comments, and the place among them."""

    def __init__(self, stretch: Stretch, lexicon: Lexicon, dialect: str) -> None:
        text, start, end = stretch.text, stretch.start, stretch.end
        self.text = text
        self.lexicon = lexicon
        self.dialect = dialect
        self.place = stretch.place
        self.end = end
        self.tokens: list[Token] = [token for token in tokens(text, lexicon, start, end) if token.kind != "comment"]
        self.at = 0
        self.stop = len(self.tokens)

    @property
    def fold(self) -> bool:
        """Whether the database folds what stands unquoted; MySQL, SQLite and SQL Server keep names as written."""
        return self.dialect not in _KEEPING

    def is_done(self) -> bool:
        return self.at >= self.stop

    def text_at(self, at: int) -> str:
        """The token at an absolute index in lower case, '' behind the end."""
        if not 0 <= at < self.stop:
            return ""
        token = self.tokens[at]
        return self.text[token.start : token.end].lower()

    def peek(self, ahead: int = 0) -> str:
        return self.text_at(self.at + ahead)

    def accept(self, *words: str) -> bool:
        """Step over the words if they come next, in this order."""
        if all(self.peek(ahead) == word for ahead, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str:
        """Step over the next word if it is one of these; which, or ''."""
        word = self.peek()
        if word and word in words:
            self.at += 1
            return word
        return ""

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise NotUnderstood(self.rest())

    def fail(self) -> NotUnderstood:
        return NotUnderstood(self.rest())

    def rest(self, limit: int = 40) -> str:
        if self.is_done():
            return "its end"
        first = self.tokens[self.at].start
        return readable(self.text[first : min(first + limit, self.end)]).split("\n")[0]

    def is_name(self, ahead: int = 0) -> bool:
        at = self.at + ahead
        return at < self.stop and self.tokens[at].kind in _NAMES

    def name(self) -> str:
        """One identifier, as the database sees it."""
        if not self.is_name():
            if self.dialect != "sqlite" or self.is_done() or self.tokens[self.at].kind != "string":
                raise self.fail()
            token = self.tokens[self.at]  # SQLite takes a string for a name, where one has to stand
            self.at += 1
            return self.text[token.start + 1 : token.end - 1]
        token = self.tokens[self.at]
        self.at += 1
        return identifier(self.text[token.start : token.end], fold=self.fold)

    def dotted(self) -> str:
        """`schema.table`."""
        parts = [self.name()]
        while self.peek() == ".":
            self.at += 1
            parts.append(self.name())
        return ".".join(parts)

    def group(self) -> tuple[int, int]:
        """Step over `( … )`. Returns the token indexes of what stands inside."""
        if self.peek() != "(":
            raise self.fail()
        depth, first = 0, self.at + 1
        while not self.is_done():
            mark = self.peek()
            depth += (mark == "(") - (mark == ")")
            self.at += 1
            if depth == 0:
                return first, self.at - 1
        raise self.fail()

    def source(self, first: int, last: int) -> str:
        """The text of a range of tokens, on one line."""
        if last <= first or last > self.stop:
            return ""
        return tidy(readable(self.text[self.tokens[first].start : self.tokens[last - 1].end]), self.lexicon)

    def span(self, first: int, last: int) -> Span:
        """The place of a range of tokens. Raises NotUnderstood for none, and where the statement broke off before."""
        if last <= first or last > self.stop:
            raise self.fail()
        return self.place(self.tokens[first].start, self.tokens[last - 1].end)

    def elements(self, first: int, last: int) -> list[tuple[int, int]]:
        """The token ranges between the commas of a list."""
        found: list[tuple[int, int]] = []
        depth, begin = 0, first
        for at in range(first, last):
            mark = self.text_at(at)
            depth += (mark in "([") - (mark in ")]")
            if mark == "," and depth == 0:
                found.append((begin, at))
                begin = at + 1
        if begin < last or found:
            found.append((begin, last))
        return found

    def window(self, first: int, last: int) -> Cursor:
        """A cursor on a part of the same tokens."""
        part = Cursor.__new__(Cursor)
        part.__dict__.update(self.__dict__)
        part.at, part.stop = first, last
        return part

    def column_list(self) -> tuple[str, ...]:
        """The names in `(a, b(10) DESC, lower(c))`; '' for an expression."""
        first, last = self.group()
        return tuple(self._element_name(*bounds) for bounds in self.elements(first, last))

    def read_by_expressions(self) -> tuple[str, ...]:
        """The names in the expressions of such a list, but those of functions; words such as DESC are among them. None
        where an expression has a value although a column of it has none.
        """
        if any(self.text_at(at) in _TAKING_NULL for at in range(self.at, self.stop)):
            return ()
        inside = [bounds for bounds in self.elements(*self.group()) if not self._element_name(*bounds)]
        places = (at for first, last in inside for at in range(first, last))
        named = (at for at in places if self.tokens[at].kind in _NAMES and self.text_at(at + 1) != "(")
        return tuple(dict.fromkeys(self.window(at, at + 1).name() for at in named))

    def _element_name(self, first: int, last: int) -> str:
        part = self.window(first, last)
        if not part.is_name():
            return ""
        name = part.name()
        if part.peek() == "(":
            inner = part.group()
            if not (inner[1] - inner[0] == 1 and part.tokens[inner[0]].kind == "number"):
                return ""
        while not part.is_done():
            if part.accept("collate"):
                part.dotted()
            elif not part.accept_any("asc", "desc", "nulls", "first", "last", "autoincrement"):
                return ""
        return name


_TAKING_NULL: Final = frozenset({
    "coalesce", "ifnull", "nvl", "isnull", "case", "is", "concat", "concat_ws", "format", "json_object", "iif",
})  # fmt: skip
_KEEPING: Final = frozenset(
    {"mysql", "mariadb", "sqlite", "tsql", "clickhouse", "bigquery", "singlestore", "doris", "starrocks", "duckdb"}
)
