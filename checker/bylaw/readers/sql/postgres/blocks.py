"""`DO $$ … $$`: the statements of the block are the migration's, whatever surrounds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from bylaw.facts.migrations import Marker, Operation, OtherStatement, Transaction, UnreadOperation
from bylaw.readers.sql.lexer import POSTGRES, Token, tokens
from bylaw.readers.sql.postgres.computed import computed, formatted
from bylaw.readers.sql.postgres.statement import Statement
from bylaw.readers.sql.text import Reading, Stretch

_ESCAPE: Final = re.compile(r"\\(.)|''", re.DOTALL)
_SKIPPED: Final = frozenset({
    "return", "raise", "null", "get", "exit", "continue", "open", "fetch", "move", "close", "assert",
})  # fmt: skip
_RETURNING_INTO: Final = frozenset({"select", "insert", "update", "delete", "with", "merge"})


def statements_of(body: Stretch, reading: Reading) -> Iterator[Operation]:
    """What the statements of a PL/pgSQL block do."""
    return _Block(body, reading).read()


def body_of(statement: Statement, token: Token) -> Stretch:
    """The text that a string literal holds: in place where nothing in it is escaped, else placed on the statement."""
    text = statement.text
    if token.kind == "dollar":
        width = text.index("$", token.start + 1) + 1 - token.start
        return Stretch(text, token.start + width, token.end - width, statement.place)
    # Doubled quotes come as two neighbouring literals.
    if text[token.start] == "'" and text[token.end : token.end + 1] != "'" and text[token.start - 1] != "'":
        return Stretch(text, token.start + 1, token.end - 1, statement.place)
    decoded = _decoded(statement, token)
    whole = statement.span
    return Stretch(decoded, 0, len(decoded), lambda _first, _last: whole)


def _decoded(statement: Statement, token: Token) -> str:
    parts = []
    end = token.start
    for part in statement.tokens(token.start):
        if part.kind != "string" or part.start != end:
            break
        parts.append(statement.text[part.start : part.end])
        end = part.end
    literal = "".join(parts)
    if literal[0] in "eE":
        return _ESCAPE.sub(lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1] or "'"), literal[2:-1])
    return literal[1:-1].replace("''", "'")


class _Frame(msgspec.Struct):
    """An open BEGIN, IF, LOOP or CASE."""

    kind: str
    start: int
    handled: bool = False


class _Block:
    """A walk over the body of a PL/pgSQL block, which needs no more than its tokens."""

    def __init__(self, body: Stretch, reading: Reading) -> None:
        self.body = body
        self.text = body.text
        self.reading = reading
        self.tokens = [token for token in tokens(body.text, POSTGRES, body.start, body.end) if token.kind != "comment"]
        self.at = 0
        self.frames: list[_Frame] = []

    def word(self, offset: int = 0) -> str:
        at = self.at + offset
        return self.text[self.tokens[at].start : self.tokens[at].end].lower() if at < len(self.tokens) else ""

    def read(self) -> Iterator[Operation]:
        while self.at < len(self.tokens):
            yield from self._next()
        while self.frames:
            self._close(self.body.end)

    def _next(self) -> Iterator[Operation]:
        word = self.word()
        start = self.tokens[self.at].start
        match word:
            case "declare":
                self._skip_past("begin", keep=True)
            case "begin":
                self._open("begin", start)
            case "if":
                self._open("if", start)
                self._skip_past("then")
            case "elsif" | "elseif" | "when":
                self._skip_past("then")
            case "while" | "for" | "foreach":
                self._open("loop", start)
                self._skip_past("loop")
            case "loop":
                self._open("loop", start)
            case "case":
                self._open("case", start)
                self._skip_past("when", keep=True)
            case "exception":
                for frame in reversed(self.frames):
                    if frame.kind == "begin":
                        frame.handled = True
                        break
                self.at += 1
            case "else" | ";":
                self.at += 1
            case "end":
                self._close(self.tokens[self.at].end)
                self._to_semicolon()
            case "<":
                self._skip_past(">")
                self.at += self.word() == ">"
            case _:
                yield from self._statement(word)

    def _open(self, kind: str, start: int) -> None:
        self.frames.append(_Frame(kind, start))
        self.at += 1

    def _close(self, end: int) -> None:
        if not self.frames:
            return
        frame = self.frames.pop()
        kind = ("handled" if frame.handled else "") if frame.kind == "begin" else "conditional"
        if kind:
            self.reading.blocks.append(Marker(kind, self.body.place(frame.start, end)))

    def _skip_past(self, word: str, *, keep: bool = False) -> None:
        """Go behind the next such word outside brackets (and outside CASE … END), or onto it with `keep`."""
        depth = cases = 0
        self.at += 1
        while self.at < len(self.tokens):
            here = self.word()
            depth += (here == "(") - (here == ")")
            if here == word and depth <= 0 and cases <= 0:
                self.at += 0 if keep else 1
                return
            cases += (here == "case") - (here == "end" and cases > 0)
            self.at += 1

    def _to_semicolon(self) -> tuple[int, int]:
        """Go behind the next semicolon outside brackets. Returns the token range before it."""
        first = self.at
        depth = 0
        while self.at < len(self.tokens):
            here = self.word()
            depth += (here == "(") - (here == ")")
            self.at += 1
            if here == ";" and depth <= 0:
                return first, self.at - 1
        return first, self.at

    def _statement(self, word: str) -> Iterator[Operation]:
        assigned = self._is_assignment()
        first, last = self._to_semicolon()
        if last <= first or assigned or word in _SKIPPED:
            return
        stretch = self.body.part(self.tokens[first].start, self.tokens[last - 1].end)
        if word == "execute":
            yield from self._execute(self.tokens[first + 1 : last], stretch)
        elif word == "perform":
            yield from self._performed(first + 1, last, stretch)
            yield OtherStatement("perform", stretch.span)
        elif word in {"commit", "rollback"}:
            yield Transaction("commit" if word == "commit" else "rollback", stretch.span)
        else:
            yield from self._sql(first, last, stretch)

    def _performed(self, first: int, last: int, stretch: Stretch) -> Iterator[Operation]:
        from bylaw.readers.sql.postgres.called import called  # noqa: PLC0415 - which imports this

        opening = next((at for at in range(first, last) if self._mark(at) == "("), first)
        yield from called((self._mark(opening - 1).strip('"'),), Statement(stretch, 0, self.reading))

    def _is_assignment(self) -> bool:
        at = 1
        while self.word(at) == "." or (at > 1 and self.word(at - 1) == "."):
            at += 1
        if self.word(at) == "[":
            while self.word(at) not in {"]", ";", ""}:
                at += 1
            at += 1
        if self.word(at) == ":":
            return self.word(at + 1) == "="
        return self.word(at) == "=" and self.word() != "set"

    def _sql(self, first: int, last: int, stretch: Stretch) -> Iterator[Operation]:
        from bylaw.readers.sql.postgres.reader import read_statement  # noqa: PLC0415

        target = self._into(first, last) if self._mark(first) in _RETURNING_INTO else None
        if target is not None:
            begin, end = (at - stretch.start for at in target)
            source = stretch.source
            stretch = stretch.rewritten(source[:begin] + " " * (end - begin) + source[end:])
        self.reading.within.append(stretch.span)
        yield from read_statement(stretch, self.reading)

    def _into(self, first: int, last: int) -> tuple[int, int] | None:
        """Where `INTO [STRICT] target, …` stands, which is PL/pgSQL's and no SQL."""
        depth = 0
        at = first
        while at < last:
            mark = self._mark(at)
            depth += (mark == "(") - (mark == ")")
            if mark == "into" and depth == 0 and self._mark(at - 1) not in {"insert", "merge"}:
                break
            at += 1
        else:
            return None
        until = at + 1 + (self._mark(at + 1) == "strict")
        while until < last and (self.tokens[until].kind in {"word", "quoted"} or self._mark(until) in {".", ","}):
            named = self.tokens[until].kind in {"word", "quoted"}
            until += 1
            if named and (until >= last or self._mark(until) not in {".", ","}):
                break
        return self.tokens[at].start, self.tokens[until - 1].end

    def _mark(self, at: int) -> str:
        return self.text[self.tokens[at].start : self.tokens[at].end].lower()

    def _execute(self, arguments: list[Token], stretch: Stretch) -> Iterator[Operation]:
        from bylaw.readers.sql.postgres.reader import read_each  # noqa: PLC0415

        if (filled := self._formatted(arguments)) is not None:
            whole = stretch.span
            found = self.reading.inner()
            read_each(Stretch(filled, 0, len(filled), lambda _first, _last: whole), found)
            self.reading.within.append(whole)
            yield from found.operations
            return
        arguments = self._unwrapped(arguments)
        literal = next((token for token in arguments if token.kind in {"string", "dollar"}), None)
        if literal is None:
            yield UnreadOperation(stretch.span, "EXECUTE runs a statement that is computed")
            return
        inner = body_of(Statement(stretch, 0, self.reading), literal)
        if self._is_constant(arguments, literal):
            found = self.reading.inner()
            read_each(inner, found)
            self.reading.blocks.extend(found.blocks)
            self.reading.within.extend(found.statements)
            yield from found.operations
        else:
            yield computed(inner.source, stretch.span)

    def _formatted(self, arguments: list[Token]) -> str | None:
        """The text of `format('… %I …', 'orders')` of which all values are literals; None for any other argument."""
        words = [self.text[token.start : token.end] for token in arguments]
        values = words[2:-1:2]
        commas = set(words[3:-1:2])
        if [word.lower() for word in words[:2]] != ["format", "("] or words[-1:] != [")"] or not commas <= {","}:
            return None
        if len(words) % 2 or len(values) < 2 or any(token.kind != "string" for token in arguments[2:-1:2]):
            return None
        return formatted(*(value[1:-1].replace("''", "'") for value in values))

    def _unwrapped(self, arguments: list[Token]) -> list[Token]:
        """The argument without brackets around it; `format('…')` without a place for a value is its text."""
        words = [self.text[token.start : token.end].lower() for token in arguments]
        if words[:1] != ["("] and words[:2] != ["format", "("]:
            return arguments
        opening = words.index("(")
        simple = words[-1] == ")" and not {"(", ")"}.intersection(words[opening + 1 : -1])
        return arguments[opening + 1 : -1] if simple and not (opening and "%" in "".join(words)) else arguments

    def _is_constant(self, arguments: list[Token], literal: Token) -> bool:
        """Whether EXECUTE's argument is the literal alone (doubled quotes come as two literals)."""
        if not arguments or arguments[0] is not literal:
            return False
        end = literal.start
        for token in arguments:
            if token.kind in {"string", "dollar"} and token.start == end:
                end = token.end
            else:
                return self.text[token.start : token.end].lower() in {"into", "using"}
        return True
