"""A local issuer for the tests: a server that publishes keys, and whoever signs by them."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwk, jwt

AUDIENCE = "api://capmap"
FILE = """
[[issuers]]
name = "local"
title = "The local issuer"
issuer = "{issuer}"
audiences = ["api://capmap"]
algorithms = ["RS256", "ES256", "EdDSA", "PS256"]
client_id = "capmap"
{more}
[[issuers.rules]]
claim = "/roles"
pattern = "CapMap.{{role}}.{{code}}"
gives = ["{{role}}:{{code}}"]
[[issuers.rules]]
claim = "/roles"
table = {{"CapMap.Operator" = ["operator"]}}
"""


@functools.cache
def key(kind: str, kid: str) -> jwk.Key:
    """Return a private key of a kind, made once: the making takes a while."""
    parameters = {"kid": kid}
    if kind == "RSA":
        return jwk.RSAKey.generate_key(2048, parameters)
    if kind == "weak":
        with warnings.catch_warnings(action="ignore"):
            return jwk.RSAKey.generate_key(1024, parameters)
    if kind == "EC":
        return jwk.ECKey.generate_key("P-256", parameters)
    return jwk.OKPKey.generate_key("Ed25519", parameters)


class Issuer:
    """What the server says, which a test may change. asked: the paths asked for, in order.

    gives: what is answered to the form that is sent for a code, and what the person's claims are.
    """

    def __init__(self) -> None:
        self.keys = [key("RSA", "one")]
        self.url = ""
        self.broken = False
        self.says: dict[str, Any] = {}
        self.asked: list[str] = []
        self.gives: dict[str, Any] = {}
        self.sent: dict[str, str] = {}

    def answer(self, path: str) -> bytes | None:
        """Return what stands at a path; None where there is nothing, or all is broken."""
        self.asked.append(path)
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
            }
            | self.says,
            "/token": self.gives.get("token"),
            "/userinfo": self.gives.get("userinfo"),
            "/keys": {"keys": [one.as_dict(private=False) for one in self.keys]},
        }
        return (
            None if self.broken or path not in documents else json.dumps(documents[path]).encode()
        )

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return claims that are believed; a change to None leaves one out."""
        now = int(time.time())
        made = {
            "iss": self.url, "sub": "person-1", "aud": AUDIENCE, "iat": now, "nbf": now,
            "exp": now + 600, "roles": ["CapMap.Viewer.TAA"],
        } | changes  # fmt: skip
        return {name: value for name, value in made.items() if value is not None}

    def token(self, by: jwk.Key | None = None, alg: str = "RS256", **changes: Any) -> str:
        """Return a token signed by a key, the issuer's first if none is given."""
        signed_by = by or self.keys[0]
        header = {"alg": alg, "kid": signed_by.kid}
        with warnings.catch_warnings(action="ignore"):  # of an old name of an algorithm
            return jwt.encode(header, self.claims(**changes), signed_by, algorithms=[alg])


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run an issuer on this machine during the block."""
    made = Issuer()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.told(made.answer(self.path))

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["content-length"])).decode()
            made.sent = dict(parse_qsl(form)) | {"by": self.headers.get("authorization", "")}
            self.told(made.answer(self.path))

        def told(self, body: bytes | None) -> None:
            """Send an answer."""
            self.send_response(200 if body is not None else 503)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


_PROVIDER = """
import json, sys
from oidc_provider_mock import User, run_server_in_thread
people = [User(sub=one.pop("sub"), claims=one) for one in map(json.loads, sys.argv[1:])]
with run_server_in_thread(user_claims=people) as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""


@contextmanager
def providing(*people: dict[str, Any]) -> Iterator[str]:
    """Run a whole issuer, where people sign in, during the block; yields its address.

    It runs apart, since what it is made with warns of itself.
    """
    command = [sys.executable, "-W", "ignore", "-c", _PROVIDER, *map(json.dumps, people)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield f"http://localhost:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def written(folder: Path, issuer: str, more: str = "") -> str:
    """Write a file that names an issuer, and return its path."""
    path = folder / "issuers.toml"
    path.write_text(FILE.format(issuer=issuer, more=more))
    return str(path)
