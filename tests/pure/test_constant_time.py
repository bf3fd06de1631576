"""Secrets are compared in a time that tells nothing: by `hmac.compare_digest`, and no other way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import service

ROOT = Path(service.__file__).parent
HANDLES = frozenset({"hmac", "secrets"})
"""A module that imports one of these handles secrets."""
SECRET = re.compile(
    r"(^|_)(secret|hash|hashed|digest|token|mark|mac|signature|password|csrf|verifier|nonce)s?($|_)"
)
SAYS = """
import hmac
def same(given, key):
    return {compared}
"""


def handling() -> list[Path]:
    """Return the modules that handle secrets."""
    return [path for path in sorted(ROOT.rglob("*.py")) if imported(path.read_text()) & HANDLES]


def imported(text: str) -> set[str]:
    """Return the top names that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def compared(text: str) -> Iterator[str]:
    """Yield each comparison of what a name calls a secret with what is not written there."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            by_value = any(
                isinstance(one, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for one in node.ops
            )
            written = any(isinstance(one, ast.Constant) for one in sides)
            if by_value and not written and any(SECRET.search(name(one)) for one in sides):
                yield ast.unparse(node)


def name(node: ast.expr) -> str:
    """Return by what an expression is called."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return name(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def test_the_keyring_is_one_of_the_modules_looked_at():
    """Else this file would look at nothing."""
    assert ROOT / "door" / "keyring.py" in handling()


@pytest.mark.parametrize("path", handling(), ids=lambda path: path.stem)
def test_no_secret_is_compared_by_its_value(path):
    """== stops at the first byte that differs, which tells how many are right."""
    assert list(compared(path.read_text())) == []


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("given.secret == key", True), ("hashed(given) != key", True), ("given in tokens", True),
        ("key.hash == given", True), ("hmac.compare_digest(given.secret, key)", False),
        ("given.secret is None", False), ("len(given) == 3", False), ("given == remarks", False),
        ("token_type == 'Bearer'", False),
    ],
)  # fmt: skip
def test_what_would_be_found(expression, found):
    """Comparisons by value are seen for what they are, on either side."""
    assert bool(list(compared(SAYS.format(compared=expression)))) == found
