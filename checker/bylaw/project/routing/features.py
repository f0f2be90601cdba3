"""The name of the feature that a router serves, by the module it stands in, and whether a path prefix says the same."""

from __future__ import annotations

from bylaw.patterns import regex

_ROLES = frozenset({
    "router", "routers", "route", "routes", "api", "apis", "endpoint", "endpoints", "view", "views", "url", "urls",
    "handler", "handlers", "controller", "controllers", "procedure", "procedures", "blueprint", "blueprints", "bp",
    "rest", "http", "web", "main", "app",
})  # fmt: skip
"""Module names that tell a role; the feature is then the folder's name."""
_AFFIXES = (
    "_router",
    "_routers",
    "_routes",
    "_route",
    "_api",
    "_endpoints",
    "_endpoint",
    "_views",
    "_urls",
    "_blueprint",
    "_bp",
)
_GENERAL = _ROLES | {"internal", "public", "private", "proxy", "index", "core", "common", "base", "init", "src"}
"""Words that name no feature, in a prefix or in a module's path."""
_WORD = regex(r"[a-z]+|\d+")
_VERSION = regex(r"v?\d+$")


def feature_of(module: str, variable: str) -> str:
    """`app.api.users`, `app.users.router` and `main` with `users_router` all speak of `users`; '' when nothing does."""
    for part in reversed(module.split(".")):
        if part in _ROLES:
            continue
        return _plain(part)
    return _plain(variable) if _plain(variable) not in _ROLES else ""


def _plain(name: str) -> str:
    for affix in _AFFIXES:
        name = name.removesuffix(affix)
    return name.lower()


def says(prefix: str, feature: str) -> bool | None:
    """Whether the last fixed part of a path prefix is the feature, singular or plural; None without such a part."""
    parts = [part for part in prefix.strip("/").split("/") if part and not part.startswith(("{", "<", ":"))]
    if not parts:
        return None
    last = parts[-1].replace("-", "_").lower()
    return bool(_forms(last) & _forms(feature))


def _forms(word: str) -> set[str]:
    forms = {word, word.replace("_", "")}
    for singular in tuple(forms):
        if singular.endswith("ies"):
            forms.add(singular[:-3] + "y")
        if singular.endswith("es"):
            forms.add(singular[:-2])
        if singular.endswith("s"):
            forms.add(singular[:-1])
    return forms


def contradicts(prefix: str, module: str, variable: str) -> bool:
    """Whether a path prefix certainly speaks of something else: no word of it is akin to any in the router's name, its
    module's or its folder's. Prefixes like `/api/v1` say nothing, `/projects/{project}` only what it is part of.
    """
    parts_of_prefix = prefix.strip("/").split("/")
    fixed = [part for part in parts_of_prefix if not part.startswith(("{", "<", ":"))]
    if fixed and parts_of_prefix[-1] != fixed[-1]:
        return False
    said = _telling(" ".join(fixed))
    feature = feature_of(module, "")
    parts = module.split(".")
    if not said or not _telling(feature) or feature == _plain(parts[0]):
        return False
    named = (*parts[-3:], _above(parts), variable)
    meant = _telling(" ".join(named)) | {name.replace("_", "") for name in named if "_" in name}
    return not any(_akin(one, other) for one in said for other in meant)


def _above(parts: list[str]) -> str:
    """The nearest folder above a module that tells no role, the project's own left out: `orders` for
    `app.orders.api.endpoints.refunds`.
    """
    return next((part for part in reversed(parts[1:-1]) if part not in _GENERAL and not _VERSION.match(part)), "")


def _telling(text: str) -> set[str]:
    words = {word for word in _WORD.findall(text.lower()) if len(word) > 1}
    return {word for word in words if word not in _GENERAL and not _VERSION.match(word) and word != "v"}


def _akin(one: str, other: str) -> bool:
    """`auth` and `authentication`, `utils` and `utility`, `stream` and `eventstream`, `companies` and `company`; `ws`
    and `websocket`, `hf` and `huggingface`.
    """
    short, long = sorted((one, other), key=len)
    return short in long or (len(short) >= 4 and short[:4] == long[:4]) or _abbreviates(short, long)


def _abbreviates(short: str, long: str) -> bool:
    """Whether a few letters begin a word and go on through it in order."""
    if len(short) > 3 or short[0] != long[0]:
        return False
    rest = iter(long)
    return all(letter in rest for letter in short)
