"""Claims into grants: what the operator's rules say, and never more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.claims import Written, granted, lacking, path, rule
from service.domain.faults import Unfit
from service.domain.roles import ALL, grant

FORM = Written("/roles", pattern="CapMap.{role}.{code}", gives=["{role}:{code}"])
TABLE = Written("/groups", table={"5f3c": ["lead:QXU", "viewer:RTP"], "ops": ["operator"]})
NATIONAL = Written("/nrbac", where={"role_code": ["R1", "R2"]}, gives=["viewer:{org_code}"])
FIXED = Written("/a/b", pattern="x-{code}", gives=["lead:{code}", "submitter:{code}"])


@pytest.mark.parametrize(
    ("written", "claims", "expected"),
    [
        (FORM, {"roles": ["CapMap.Lead.QXU", "CapMap.viewer.rtp"]}, ["lead:QXU", "viewer:RTP"]),
        (FORM, {"roles": "CapMap.Lead.QXU"}, ["lead:QXU"]),
        (FORM, {"roles": ["CapMap.Lead.QXU", "CapMap.Lead.QXU"]}, ["lead:QXU"]),
        (FORM, {"roles": ["CapMap.Lead.QXU ", "xCapMap.Lead.QXU", "CapMapxLead.QXU"]}, []),
        (FORM, {"roles": ["CapMap.Lead.QXU,RTP", "CapMap.Lead.QXU\n", "CapMap.Lead."]}, []),
        (FORM, {"roles": ["CapMap.Operator.ALL", "CapMap.Analyst.ALL", "CapMap.Owner.RTP"]}, []),
        (FORM, {"roles": {"CapMap.Lead.QXU": True}}, []), (FORM, {"roles": [None, 7, []]}, []),
        (FORM, {}, []), (FORM, {"Roles": ["CapMap.Lead.QXU"]}, []),
        (TABLE, {"groups": ["5f3c", "other"]}, ["lead:QXU", "viewer:RTP"]),
        (TABLE, {"groups": ["ops"]}, ["operator"]), (TABLE, {"groups": ["5F3C"]}, []),
        (NATIONAL, {"nrbac": [{"role_code": "R1", "org_code": "RTP"}]}, ["viewer:RTP"]),
        (NATIONAL, {"nrbac": [{"role_code": ["R0", "R2"], "org_code": "RTP"}]}, ["viewer:RTP"]),
        (NATIONAL, {"nrbac": [{"role_code": "R3", "org_code": "RTP"}]}, []),
        (NATIONAL, {"nrbac": [{"org_code": "RTP"}, {"role_code": "R1"}, "R1"]}, []),
        (NATIONAL, {"nrbac": [{"role_code": "R1", "org_code": "all"}]}, []),
        (NATIONAL, {"nrbac": [{"role_code": "R1", "org_code": "RTP,QXU"}]}, []),
        (NATIONAL, {"nrbac": [{"role_code": "R1", "org_code": ["RTP"]}]}, []),
        (FIXED, {"a": {"b": "x-RTP"}}, ["lead:RTP", "submitter:RTP"]), (FIXED, {"a": "x-RTP"}, []),
    ],
)  # fmt: skip
def test_claims_give_what_the_rule_says(written, claims, expected):
    """In the words of the rule; anything else gives nothing."""
    assert [one.text() for one in granted(claims, [rule(written)])] == expected


WORDS = st.sampled_from(
    ["Operator", "operator", "all", "ALL", "Lead", "analyst", "RTP", "RTP,all", "RTP:all", "", ":"]
)
TEXTS = st.one_of(
    WORDS, st.builds("CapMap.{}.{}".format, WORDS, WORDS), st.builds("x-{}".format, WORDS)
)
OBJECTS = st.fixed_dictionaries(
    {"role_code": st.sampled_from(["R1", "R3", ["R2"]]), "org_code": st.one_of(WORDS, st.none())}
)
VALUES = st.one_of(TEXTS, OBJECTS, st.lists(st.one_of(TEXTS, OBJECTS), max_size=4))


@given(st.fixed_dictionaries({"roles": VALUES, "nrbac": VALUES, "a": st.builds(dict, b=VALUES)}))
def test_no_claim_makes_an_operator_or_reaches_all(claims):
    """Whatever an issuer says: these are given where the operator's rule says so itself."""
    rules = [rule(one) for one in (FORM, NATIONAL, FIXED)]
    for one in granted(claims, rules):
        assert one.role != "operator"
        assert one.organisations != ALL
        assert len(one.organisations) == 1
        assert grant(one.text()) == one


@pytest.mark.parametrize(
    "written",
    [
        Written("/roles"), Written("/roles", pattern="x-{code}"),
        Written("/roles", gives=["operator"]),
        Written("/roles", pattern="x", gives=["operator"]),
        Written("/roles", pattern="{role}{code}", gives=["{role}:{code}"]),
        Written("/roles", pattern="{code}-{code}", gives=["lead:{code}"]),
        Written("/roles", pattern="x-{code}", gives=["lead:{other}"]),
        Written("/roles", pattern="x-{code}", gives=["owner:{code}"]),
        Written("/roles", table={"x": ["viewer:all"]}), Written("roles", table={"x": ["operator"]}),
        Written("/roles", table={"x": ["operator"]}, gives=["operator"]),
        Written("/roles", table={"x": ["operator"]}, where={"a": ["b"]}, gives=["operator"]),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused(written):
    """Before it is used: of no kind or two, with places that are never filled, of no role."""
    with pytest.raises(Unfit):
        rule(written)


@pytest.mark.parametrize(
    ("claims", "lacks"),
    [
        ({"tid": "T", "acr": ["a", "AAL3"]}, None), ({"tid": "t", "acr": "AAL3"}, "/tid"),
        ({"acr": "AAL3"}, "/tid"), ({"tid": "T", "acr": 3}, "/acr"), ({"tid": ["T"]}, "/acr"),
    ],
)  # fmt: skip
def test_what_claims_must_say(claims, lacks):
    """One of the values, as text; the first place where they do not is named."""
    assert lacking(claims, {"/tid": ["T"], "/acr": ["AAL3"]}) == lacks


def test_a_pointer_goes_through_names_with_slashes():
    """As RFC 6901 writes them."""
    assert path("/https:~1~1x.org~1roles/a~0b") == ("https://x.org/roles", "a~b")
