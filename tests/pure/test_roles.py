"""Roles and grants: what is written is what is meant; only a few places read a caller's grants."""

import ast
from pathlib import Path

import pytest

import service
from service.domain.addresses import loopback
from service.domain.caller import LOCAL, Caller
from service.domain.faults import Unfit
from service.domain.roles import ALL, GIVES, PERMISSIONS, Grant, grant

ROOT = Path(service.__file__).parent
READERS = {
    "domain/caller.py": "what follows from grants for the caller alone",
    "behind/scope.py": "whom a caller may see",
    "behind/entitlement.py": "whose exact counts and self-assessments a caller may have",
    "door/keyring.py": "a key's grants become its holder's",
    "domain/reads.py": "whose data is traced when the caller reads it, and by which role",
    "store/keys.py": "kept and read back",
    "door/sessions.py": "an issuer's grants go into a session, and out of it",
    "store/sessions.py": "kept and read back",
    "api/me.py": "shown to whom they belong",
    "api/keys.py": "shown to the operator",
    "cli/keys.py": "shown to the operator",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("submitter:rtp", Grant("submitter", frozenset({"RTP"}))),
        (" Lead : QXU, qnx ", Grant("lead", frozenset({"QXU", "QNX"}))),
        ("analyst:all", Grant("analyst", ALL)),
        ("operator", Grant("operator", ALL)),
        ("operator:all", Grant("operator", ALL)),
    ],
)
def test_a_grant_is_read_as_written(text, expected):
    """In any case and spacing; written again, it reads the same."""
    assert grant(text) == expected
    assert grant(expected.text()) == expected


@pytest.mark.parametrize(
    "text",
    ["", "owner:RTP", "viewer", "viewer:", "viewer:all", "lead:QXU,", "operator:RTP", "viewer:R T"],
)
def test_what_is_no_grant_is_refused(text):
    """A role must be known and bound; only an analyst and the operator have all."""
    with pytest.raises(Unfit):
        grant(text)


def test_nothing_is_allowed_without_a_grant():
    """A caller without roles may do nothing, records for nobody and is not the operator."""
    nobody = Caller("key-1", ())
    assert not any(nobody.may(permission) for permission in PERMISSIONS)
    assert not nobody.operator
    assert not nobody.may_speak_for("RTP")


def test_the_person_at_this_machine_may_do_all():
    """While access is off everything is as if there were none."""
    assert all(LOCAL.may(permission) for permission in PERMISSIONS)
    assert LOCAL.operator
    assert LOCAL.may_speak_for("RTP")


def test_an_operator_does_not_speak_for_an_organisation():
    """DOMAIN.md §2: the operator records as public_record or third_party, never as the trust."""
    assert not Caller("key-1", (grant("operator"),)).may_speak_for("RTP")


def test_only_a_submitter_and_the_operator_record():
    """Readers have no permission that records."""
    recording = {"append", "upload", "try", "return"}
    assert {role for role, given in GIVES.items() if given & recording} == {"submitter", "operator"}
    assert {role for role, given in GIVES.items() if given & {"keys", "metrics"}} == {"operator"}


def test_grants_are_read_in_few_places():
    """Who may see whom is decided in one of them; a filter of a handler's own would be forgotten.

    Whoever reads grants is listed above, with the reason.
    """
    found = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "grants"
    }
    assert found == set(READERS)


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True),
        ("localhost", True), ("192.0.2.7", False), ("::", False), ("10.0.0.7", False),
        ("capmap.example.org", False), ("", False),
    ],
)  # fmt: skip
def test_which_addresses_only_this_machine_reaches(host, alone):
    """Of a name it is not known whose it is, so it counts as everybody's."""
    assert loopback(host) is alone
