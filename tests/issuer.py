"""An OIDC issuer of the tests' own."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt

from shared.signing_keys import public_jwk


class IssuerServer:
    """A real issuer over HTTP that counts what is asked of it."""

    def __init__(self, key_file: Path) -> None:
        self.fetches: list[str] = []
        self.up = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.fetches.append(self.path)
                body = json.dumps(outer.documents[self.path]).encode() if outer.up else b""
                self.send_response(200 if outer.up else 500)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.key = key_file.read_bytes()
        self.documents = {
            "/.well-known/openid-configuration": {"jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [public_jwk(self.key)]},
        }
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, headers: dict[str, Any] | None = None, key: Any = None, **changed: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": "routewise",
            "sub": "1",
            "type": "access",
            "exp": now + 60,
        } | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"kid": public_jwk(self.key)["kid"]} | (headers or {})
        return jwt.encode(claims, key or self.key, algorithm="RS256", headers=header)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
