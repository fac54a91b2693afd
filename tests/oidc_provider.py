"""A small OpenID provider, run as a process of its own: `python -m tests.oidc_provider PORT`.

It checks what a provider must (client, redirect, PKCE, codes once) and signs with real keys. `POST /control` makes it
misbehave: `claims` and `header` are put over those of the next tokens, `sign` says how (`none`, `hmac`, `stranger`),
`discovery` is put over what it says of itself, `rotate` gives it a new key.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "xinglin", "a secret of the client"


def new_key() -> RSAKey:
    """A key with a name."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _part(value: dict[str, Any]) -> str:
    return _unpadded(json.dumps(value).encode())


class Provider:
    """The provider, with what it is told to do wrong."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys = [new_key()]
        self.codes: dict[str, dict[str, str]] = {}
        self.told: dict[str, Any] = {}
        self.asked_for_keys = 0

    async def discovery(self, _request: Request) -> Response:
        """What it says of itself."""
        values = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return JSONResponse({**values, **self.told.get("discovery", {})})

    async def jwks(self, _request: Request) -> Response:
        """Its public keys."""
        self.asked_for_keys += 1
        return JSONResponse(KeySet(list(self.keys)).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        """Signs in whoever comes, without asking."""
        query = dict(request.query_params)
        right = query["client_id"] == CLIENT and query["code_challenge_method"] == "S256" and "openid" in query["scope"]
        if not right or query["response_type"] != "code":
            return Response("wrong request", 400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        answer = {"state": query["state"], "iss": self.issuer, "code": code}
        if self.told.get("deny"):
            answer = {"state": query["state"], "error": "access_denied"}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}", 302)

    async def token(self, request: Request) -> Response:
        """Exchanges a code, once, for a token."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        query = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = _unpadded(digest)
        if (
            query is None
            or challenge != query["code_challenge"]
            or form.get("redirect_uri") != query["redirect_uri"]
            or (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET)
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "u-1",
            "nonce": query["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        claims |= {"preferred_username": "doctor", "name": "陈立新"} | self.told.get("claims", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self.signed(claims)})

    def signed(self, claims: dict[str, Any]) -> str:
        """The claims as a token, signed as it was told."""
        how, key = self.told.get("sign"), self.keys[-1]
        header = {"alg": "RS256", "kid": key.kid, **self.told.get("header", {})}
        if how == "none":
            return ".".join([_part({"alg": "none", "kid": key.kid}), _part(claims), ""])
        if how == "hmac":
            # The public key as a shared secret: what a careless verifier takes.
            signed = f"{_part({**header, 'alg': 'HS256'})}.{_part(claims)}"
            digest = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
            return f"{signed}.{_unpadded(digest)}"
        if how == "stranger":
            return jwt.encode(header, claims, RSAKey.generate_key(2048, {"kid": key.kid}))
        return jwt.encode(header, claims, key)

    async def control(self, request: Request) -> Response:
        """Takes what it is to do wrong, and tells how often it was asked for its keys."""
        self.told = await request.json()
        if self.told.pop("rotate", False):
            self.keys = [new_key()]
        return JSONResponse({"asked_for_keys": self.asked_for_keys})


def main() -> None:
    """Serves until the process is ended."""
    port = int(sys.argv[1])
    provider = Provider(f"http://127.0.0.1:{port}")
    routes = [
        Route("/.well-known/openid-configuration", provider.discovery),
        Route("/authorize", provider.authorize),
        Route("/token", provider.token, methods=["POST"]),
        Route("/keys", provider.jwks),
        Route("/control", provider.control, methods=["POST"]),
    ]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
