"""Signing in at an issuer that runs on this machine: who went comes back, and nobody else."""

import base64
import datetime as dt
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from service.domain.caller import Caller
from service.domain.roles import Grant
from service.door import fetching, issuer_file
from service.door.code_flow import LASTS, Flow
from service.door.issuers import Issuers
from service.door.journey import Going, Returned
from tests.issuer import issuing, key, written

CALLBACK = "https://capmap.example.org/sign-in/callback"
MORE = """
scopes = ["profile"]
parameters = {acr_values = "AAL2_OR_AAL3_ANY"}
"""


class World:
    """The flow, the issuer, and the time that has passed."""

    def __init__(self, issuer, http, file):
        self.issuer, self.ahead = issuer, dt.timedelta(0)
        issuers = Issuers(issuer_file.read(file), http)
        self.flow = Flow(issuers, CALLBACK, b"s" * 32, lambda: dt.datetime.now(dt.UTC) + self.ahead)

    async def went(self) -> tuple[Going, dict[str, str]]:
        """Return where somebody goes, and with what."""
        going = await self.flow.go("local")
        return going, {name: one[0] for name, one in parse_qs(urlsplit(going.url).query).items()}

    async def comes(self, going: Going, said: dict[str, str], **token) -> object:
        """Return who has come back, with a token that the issuer gives for the code."""
        claims = {"aud": "capmap", "nonce": said["nonce"]} | token
        self.issuer.gives["token"] = {"id_token": self.issuer.token(**claims), "access_token": "a"}
        return await self.flow.come(Returned(going.cookie, said["state"], "the-code"))


@pytest.fixture(params=[MORE], ids=[""])
async def world(tmp_path, request):
    """The flow to a local issuer; a test may give more lines for the issuer's file."""
    with issuing() as issuer:
        more = request.param.replace("FOLDER", str(tmp_path))
        (tmp_path / "secret").write_text("s&cret\n")
        async with fetching.client() as http:
            yield World(issuer, http, written(tmp_path, issuer.url, more))


async def test_who_went_comes_back_with_the_verifier(world):
    """S256 of a verifier that nobody has seen; state and nonce each of their own; exact address."""
    going, said = await world.went()
    assert going.url.startswith(world.issuer.url + "/authorize?")
    assert {said[name] for name in ("redirect_uri", "response_type", "scope", "acr_values")} == {
        CALLBACK, "code", "openid profile", "AAL2_OR_AAL3_ANY",
    }  # fmt: skip
    found = await world.comes(going, said)
    assert isinstance(found, Caller)
    assert found.grants == (Grant("viewer", frozenset({"TAA"})),)
    sent = world.issuer.sent
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert said["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert said["code_challenge_method"] == "S256"
    assert (sent["redirect_uri"], sent["code"], sent["by"]) == (CALLBACK, "the-code", "")
    assert sent["code_verifier"] not in going.url + going.cookie
    again, _ = await world.went()
    assert again.cookie != going.cookie


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": None}, {"nonce": "of another sign-in"}, {"aud": "api://capmap"},
        {"azp": "another"}, {"iss": "https://elsewhere.example.org"}, {"exp": 1}, {"sub": None},
        {"by": key("RSA", "one-of-a-thief")},
    ],
)  # fmt: skip
async def test_a_token_of_another_sign_in_signs_nobody_in(world, changes):
    """For another browser, client or issuer, expired, of nobody, or forged."""
    going, said = await world.went()
    assert (await world.comes(going, said, **changes)).code == "not_signed_in"


@pytest.mark.parametrize(
    "changes",
    [
        {"cookie": ""}, {"cookie": "local.9999999999.x"}, {"state": ""}, {"state": "x"},
        {"cookie": "other"}, {"iss": "https://elsewhere.example.org"}, {"code": ""},
        {"error": "access_denied"}, {"cookie": "."}, {"state": "\u00e9"},
    ],
)  # fmt: skip
async def test_who_did_not_go_does_not_come_back(world, changes):
    """Another browser's state, another issuer's answer, a refusal: no code is redeemed."""
    going, said = await world.went()
    back = {"cookie": going.cookie, "state": said["state"], "code": "c"} | changes
    found = await world.flow.come(Returned(**back))
    assert found.code == "not_signed_in"
    assert "/token" not in world.issuer.asked


async def test_a_sign_in_lasts_ten_minutes(world):
    """Who comes back later begins again."""
    going, said = await world.went()
    world.ahead = LASTS + dt.timedelta(seconds=1)
    assert (await world.comes(going, said)).code == "not_signed_in"


async def test_an_issuer_that_says_who_answers_must_say_so_each_time(world):
    """Where it promises `iss` in its answer (RFC 9207), one without is not its own."""
    world.issuer.says = {"authorization_response_iss_parameter_supported": True}
    going, said = await world.went()
    assert (await world.comes(going, said)).code == "not_signed_in"
    back = Returned(going.cookie, said["state"], "c", iss=world.issuer.url)
    assert isinstance(await world.flow.come(back), Caller)


async def test_who_is_not_reachable_or_not_known_is_said(world):
    """503 to try again; 404 for an issuer that is none; never a way over plain http."""
    assert (await world.flow.go("other")).code == "not_found"
    world.issuer.says = {"authorization_endpoint": "http://192.0.2.1/authorize"}
    assert (await world.flow.go("local")).code == "unavailable"


SECRET = 'client_secret_file = "FOLDER/secret"\n'


@pytest.mark.parametrize("world", [SECRET], indirect=True)
@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
async def test_the_client_s_secret_goes_as_the_issuer_takes_it(world, way):
    """In the header, else in the form; as RFC 6749 encodes it."""
    world.issuer.says = {"token_endpoint_auth_methods_supported": [way]}
    going, said = await world.went()
    assert isinstance(await world.comes(going, said), Caller)
    basic = "Basic " + base64.b64encode(b"capmap:s%26cret").decode()
    sent = (world.issuer.sent["by"], world.issuer.sent.get("client_secret"))
    assert sent == ((basic, None) if way == "client_secret_basic" else ("", "s&cret"))


USERINFO = """
userinfo = true
require = {"/id_assurance_level" = ["3"]}
[[issuers.rules]]
claim = "/nhsid_nrbac_roles"
where = {role_code = ["S8000:G8000:R8001"]}
gives = ["viewer:{org_code}"]
"""


@pytest.mark.parametrize("world", [USERINFO], indirect=True)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["TAA", "TBB"]), ({"id_assurance_level": "2"}, None), ({"sub": "person-2"}, None),
        ({"nhsid_nrbac_roles": []}, ["TAA"]), ({"roles": ["CapMap.Operator"]}, ["TAA", "TBB"]),
    ],
)  # fmt: skip
async def test_claims_that_are_asked_for_beside_the_token(world, changes, expected):
    """Of the same person, and nothing that the token says otherwise."""
    role = {"role_code": "S8000:G8000:R8001", "org_code": "TBB"}
    other = {"role_code": "S0010:G0020:R8002", "org_code": "TCC"}
    world.issuer.gives["userinfo"] = {
        "sub": "person-1", "id_assurance_level": "3", "nhsid_nrbac_roles": [role, other],
    } | changes  # fmt: skip
    going, said = await world.went()
    found = await world.comes(going, said)
    codes = sorted(
        code for one in getattr(found, "grants", ()) for code in one.organisations
    ) or None  # fmt: skip
    assert codes == expected
