"""Tokens of an issuer that runs on this machine: which are believed, and for how long."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwk, jws, jwt

from service.cli import process
from service.domain import addresses, claims
from service.domain.caller import Caller
from service.domain.problems import Problem
from service.domain.roles import Grant, grant
from service.door import fetching, issuer_file
from service.door.issuers import AGAIN, FRESH, STALE, Issuers
from service.door.tokens import KEPT, LEEWAY, MOST_BYTES, Tokens
from service.settings import SettingsError
from tests.issuer import Issuer, issuing, key, written

REFUSED = Problem("unknown_caller", "this token is not known")


class World:
    """A checker of tokens, its issuer, and the two clocks that it goes by."""

    def __init__(self, issuer: Issuer, http: fetching.httpx.AsyncClient, file: str) -> None:
        self.issuer = issuer
        self.seconds = 0.0
        self.ahead = 0.0
        issuers = Issuers(issuer_file.read(file), http, lambda: self.seconds)
        self.tokens = Tokens(issuers, b"s" * 32, self.now, lambda: self.seconds)

    def now(self) -> dt.datetime:
        """Return the civil instant."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.ahead)

    async def ask(self, token: str) -> Caller | Problem:
        """Return what a token opens."""
        return self.tokens.at_hand(token) or await self.tokens.caller(token)


@pytest.fixture
async def world(tmp_path):
    """A checker of the tokens of a local issuer."""
    with issuing() as issuer:
        async with fetching.client() as http:
            yield World(issuer, http, written(tmp_path, issuer.url))


def signed(head: dict, said: dict, sign: Callable[[bytes], bytes]) -> str:
    """Return a token with any header, signed in any way."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (head, said)
    ]
    whole = b".".join(parts)
    return (whole + b"." + base64.urlsafe_b64encode(sign(whole)).rstrip(b"=")).decode()


def by_secret(secret: bytes) -> Callable[[bytes], bytes]:
    """Return what signs by a shared secret."""
    return lambda whole: hmac.new(secret, whole, hashlib.sha256).digest()


def unsigned(_: bytes) -> bytes:
    """Sign nothing."""
    return b""


@pytest.mark.parametrize(
    ("kind", "alg"), [("RSA", "RS256"), ("RSA", "PS256"), ("EC", "ES256"), ("OKP", "EdDSA")]
)
async def test_a_token_that_the_issuer_signed_is_its_subjects(world, kind, alg):
    """By any signature of the list; who it is stays opaque, and the same."""
    world.issuer.keys = [key(kind, "one"), key("EC", "two")]
    first = await world.ask(world.issuer.token(alg=alg))
    assert isinstance(first, Caller)
    assert first.grants == (Grant("viewer", frozenset({"TAA"})),)
    assert first.id.startswith("oidc-")
    assert "person" not in first.id
    again = await world.ask(world.issuer.token(alg=alg, roles=["CapMap.Lead.QZA"]))
    other = await world.ask(world.issuer.token(alg=alg, sub="person-2"))
    assert again.id == first.id != other.id


def forged(issuer: Issuer) -> dict[str, str]:
    """Return tokens that must open nothing, each by what is wrong with it."""
    good, thief = issuer.token(), key("RSA", "one-of-a-thief")
    head, body, mark = good.split(".")
    now = issuer.claims()["iat"]
    public = issuer.keys[0].as_pem(private=False)
    theirs, shared = thief.as_dict(private=False), {"alg": "HS256", "kid": "one"}

    def by_thief(**header: object) -> str:
        registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
        return jwt.encode({"alg": "RS256", **header}, issuer.claims(), thief, registry=registry)

    def by_issuer(whole: bytes) -> bytes:
        return issuer.keys[0].raw_value.sign(whole, PKCS1v15(), SHA256())

    return {
        "expired": issuer.token(exp=now - LEEWAY - 1),
        "without an end": issuer.token(exp=None),
        "with an end in words": issuer.token(exp="tomorrow"),
        "not yet valid": issuer.token(nbf=now + LEEWAY + 5),
        "unsigned": signed({"alg": "none"}, issuer.claims(), unsigned),
        "unsigned, in capitals": signed({"alg": "nOnE", "kid": "one"}, issuer.claims(), unsigned),
        "without its signature": f"{head}.{body}.",
        "with another's payload": f"{head}.{issuer.token(sub='x').split('.')[1]}.{mark}",
        "signed by a thief under a name that is known": by_thief(kid="one"),
        "signed by a thief": by_thief(kid="one-of-a-thief"),
        "signed by nobody that is named": by_thief(),
        "with the thief's key inside": by_thief(kid="one-of-a-thief", jwk=theirs),
        "with the thief's key elsewhere": by_thief(kid="x", jku=f"{issuer.url}/thief"),
        "with the thief's certificate": by_thief(kid="x", x5u=f"{issuer.url}/thief"),
        "with a path as the key's name": by_thief(kid="../../../../dev/null"),
        "with a statement as the key's name": by_thief(kid="' UNION SELECT 'x"),
        "by the public key as a secret": signed(shared, issuer.claims(), by_secret(public)),
        "by the empty secret": signed(shared, issuer.claims(), by_secret(b"")),
        "by an algorithm that is not believed": issuer.token(alg="RS512"),
        "with demands of its own": signed(
            {"alg": "RS256", "kid": "one", "crit": ["x"], "x": 1}, issuer.claims(), by_issuer
        ),
        "of another issuer": issuer.token(iss="https://elsewhere.example.org"),
        "of almost the issuer": issuer.token(iss=issuer.url + "/"),
        "of no issuer": issuer.token(iss=None),
        "for another audience": issuer.token(aud="api://another"),
        "for no audience": issuer.token(aud=None),
        "for the sign-in page": issuer.token(aud="capmap"),
        "of nobody": issuer.token(sub=None),
        "of a sign-in": issuer.token(nonce="x"),
        "too long": issuer.token(more="x" * MOST_BYTES),
        "encrypted": f"{good}.a.b",
        "cut": f"{head}.{body}",
        "no token": "Bearer",
        "nothing": "",
        "dots": "..",
        "nested": f"{head}.{'W1tb' * 4000}.{mark}",
        "not ASCII": good.replace(".", ".\u00e9", 1),
    }  # fmt: skip


async def test_a_forged_token_opens_nothing_and_is_told_nothing(world):
    """One answer for all that can be wrong; nothing is fetched from where a token points."""
    for wrong, token in forged(world.issuer).items():
        world.seconds += AGAIN
        assert await world.ask(token) == REFUSED, wrong
    assert not [path for path in world.issuer.asked if "thief" in path]
    assert isinstance(await world.ask(world.issuer.token()), Caller)


async def test_a_clock_may_be_half_a_minute_wrong(world):
    """Just within the leeway a token is believed, and not kept at hand."""
    now = world.issuer.claims()["iat"]
    late = world.issuer.token(exp=now - LEEWAY + 5)
    assert isinstance(await world.ask(late), Caller)
    assert world.tokens.at_hand(late) is None
    assert isinstance(await world.ask(world.issuer.token(nbf=now + LEEWAY - 5)), Caller)


async def test_what_was_checked_stands_for_a_minute_at_most_until_it_expires(world):
    """After that it is checked again."""
    long, short = world.issuer.token(), world.issuer.token(exp=world.issuer.claims()["iat"] + 5)
    for token in (long, short):
        assert isinstance(await world.ask(token), Caller)
    world.seconds = 6
    assert [world.tokens.at_hand(one) is None for one in (long, short)] == [False, True]
    world.seconds = KEPT
    assert world.tokens.at_hand(long) is None


async def test_the_issuer_changes_its_keys(world):
    """What the new key signed is believed at once, what the old one signed no longer."""
    old, before = world.issuer.token(), key("RSA", "one")
    assert isinstance(await world.ask(old), Caller)
    world.issuer.keys = [key("RSA", "new")]
    world.seconds += AGAIN
    assert isinstance(await world.ask(world.issuer.token()), Caller)
    assert await world.ask(world.issuer.token(by=before, jti="2")) == REFUSED
    world.seconds += KEPT
    assert await world.ask(old) == REFUSED


async def test_a_withdrawn_key_is_noticed_though_nothing_new_comes(world):
    """Keys are read again when they are ten minutes old."""
    before = key("RSA", "one")
    assert isinstance(await world.ask(world.issuer.token()), Caller)
    world.issuer.keys = [key("RSA", "new")]
    world.seconds = FRESH - 1
    assert isinstance(await world.ask(world.issuer.token(by=before)), Caller)
    world.seconds = FRESH
    assert await world.ask(world.issuer.token(by=before, jti="another")) == REFUSED


async def test_forged_tokens_do_not_make_a_nuisance_of_the_service(world):
    """A key that is not known is asked for once in some seconds, whatever comes."""
    thief = key("RSA", "one-of-a-thief")
    for number in range(20):
        assert await world.ask(world.issuer.token(by=thief, jti=str(number))) == REFUSED
    assert world.issuer.asked.count("/keys") == 1
    world.seconds += AGAIN
    await world.ask(world.issuer.token(by=thief))
    assert world.issuer.asked.count("/keys") == 2


async def test_while_the_issuer_is_down_its_keys_stand_for_an_hour(world):
    """After that nothing is believed, and the answer is to ask later."""
    assert isinstance(await world.ask(world.issuer.token()), Caller)
    world.issuer.broken = True
    world.seconds = STALE - 1
    assert isinstance(await world.ask(world.issuer.token(jti="1")), Caller)
    world.seconds = STALE
    found = await world.ask(world.issuer.token(jti="2"))
    assert (found.code, found.kind.category) == ("unavailable", "unavailable")
    world.issuer.broken, world.seconds = False, STALE + AGAIN
    assert isinstance(await world.ask(world.issuer.token(jti="3")), Caller)


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://elsewhere.example.org"}, {"jwks_uri": "http://192.0.2.1/keys"},
        {"jwks_uri": "file:///etc/passwd"}, {"jwks_uri": None},
        {"more": "x" * fetching.BYTES},
    ],
)  # fmt: skip
async def test_an_issuer_that_does_not_speak_as_it_must_is_not_believed(world, says):
    """For another, over what others can change, or without end."""
    world.issuer.says = says
    assert (await world.ask(world.issuer.token())).code == "unavailable"


async def test_keys_that_are_unfit_are_left_out(world):
    """Too short, for encryption, or shared secrets: what they sign is not believed."""
    weak, other = key("weak", "one"), key("RSA", "other")
    hidden = other.as_dict(private=False) | {"use": "enc", "kid": "hidden"}
    shared = jwk.OctKey.import_key("x" * 32, {"kid": "shared"})
    world.issuer.keys = [weak, jwk.RSAKey.import_key(hidden), shared]
    for alg, by in (("RS256", weak), ("HS256", shared)):
        assert await world.ask(world.issuer.token(by=by, alg=alg)) == REFUSED
    registry = jws.JWSRegistry(algorithms=["RS256"])
    head = {"alg": "RS256", "kid": "hidden"}
    token = jwt.encode(head, world.issuer.claims(), other, registry=registry)
    assert await world.ask(token) == REFUSED


async def test_a_token_that_names_no_key_is_believed_while_there_is_one(world):
    """Of two that might have signed it neither is tried."""

    def nameless() -> str:
        return jwt.encode({"alg": "RS256"}, world.issuer.claims(), world.issuer.keys[0])

    assert isinstance(await world.ask(nameless()), Caller)
    world.issuer.keys = [key("RSA", "one"), key("EC", "two"), key("RSA", "new")]
    world.seconds = FRESH
    assert await world.ask(nameless()) == REFUSED


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://issuer.example.org/keys", True), ("http://127.0.0.1:1/keys", True),
        ("http://localhost/", True), ("http://[::1]/", True), ("http://issuer.example.org/", False),
        ("http://127.0.0.1.example.org/", False), ("http://localhost@example.org/", False),
        ("https://a:b@issuer.example.org/", False), ("file:///etc/passwd", False), ("", False),
        ("https://", False), ("https://[/", False), ("ftp://issuer.example.org/", False),
    ],
)  # fmt: skip
async def test_what_others_could_change_on_the_way_is_not_fetched(url, safe):
    """Over https, or from this machine; with no name and password in the address."""
    assert addresses.safe(url) is safe
    async with fetching.client() as http:
        if not safe:
            with pytest.raises(fetching.Unreachable, match="is not https"):
                await fetching.read(http, url)


async def test_who_has_no_role_by_the_claims_is_nobody_here(world):
    """403 and their opaque id, by which the operator may find them; no role is guessed."""
    for roles in ([], None, ["CapMap.Owner.TAA"], [{"role": "CapMap.Viewer.TAA"}], 7,
                  ["CapMap.operator.ALL"], ["xCapMap.Viewer.TAA"]):  # fmt: skip
        found = await world.ask(world.issuer.token(roles=roles))
        assert (found.code, "oidc-" in found.detail) == ("not_allowed", True), roles


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"RS256"', '"HS256"', "algorithms must be of"), ('"RS256"', '"none"', "algorithms"),
        ("http://127", "http://192", "https address"), ("issuer =", "isuer =", "isuer"),
        ("CapMap.Operator", "CapMap.Operator", ""), ('["operator"]', '["owner"]', "must be one of"),
        ('gives = ["{role}:{code}"]', "", "gives"), ('"{role}:{code}"', '"{x}:{code}"', "place"),
        ('claim = "/roles"', 'claim = "roles"', "JSON pointer"),
        ("[[issuers]]", "[issuers", "TOML"),
        ("client_id", 'client_secret_file = "/nowhere"\nclient_id', "No such file"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_of_issuers_is_named(tmp_path, before, after, said):
    """The start stops; a rule that could give nothing, or more than was meant, is not taken."""
    path = Path(written(tmp_path, "http://127.0.0.1:1"))
    path.write_text(path.read_text().replace(before, after, 1))
    if not said:
        assert issuer_file.read(str(path))[0].name == "local"
        return
    with pytest.raises(SettingsError, match="CAPMAP_ISSUERS") as refused:
        issuer_file.read(str(path))
    assert said in str(refused.value)


def test_a_command_does_not_start_with_a_wrong_file_of_issuers(monkeypatch, capsys):
    """It ends with the code of a wrong setting, and names the file."""
    monkeypatch.setenv("CAPMAP_ISSUERS", "/nowhere/issuers.toml")
    with pytest.raises(SystemExit) as ended:
        process.settings()
    assert ended.value.code == process.MISUSED
    assert "CAPMAP_ISSUERS='/nowhere/issuers.toml'" in capsys.readouterr().err


def test_the_examples_of_the_guide_are_files_that_are_taken(tmp_path):
    """Once what stands for an address and a secret of somebody's own is filled in."""
    guide = Path(__file__).parents[2] / "docs" / "signing-in.md"
    lines = guide.read_text().splitlines()
    toml = "\n".join(line.removeprefix("    ") for line in lines if line.startswith("    "))
    (tmp_path / "secret").write_text("x")
    toml = re.sub(r'"/run/secrets/\w+"', f'"{tmp_path}/secret"', toml)
    (tmp_path / "issuers.toml").write_text(
        toml.replace('issuer = "…"', 'issuer = "https://issuer.example.org"')
    )
    entra, cis2 = issuer_file.read(str(tmp_path / "issuers.toml"))
    assert claims.granted({"roles": ["CapMap.Lead.QXU"]}, entra.rules) == (grant("lead:QXU"),)
    role = {"role_code": "S8000:G8000:R8001", "org_code": "RTP"}
    assert claims.granted({"nhsid_nrbac_roles": [role]}, cis2.rules) == (grant("viewer:RTP"),)
