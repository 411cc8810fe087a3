"""A client that keeps the tokens of a sign-in, renews them, and raises ApiError."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, ExitStack, suppress
from typing import Any

import httpx

from .api_error import ApiError
from .client import AuthenticatedClient

LOGIN, REFRESH, LOGOUT = (f"/api/v1/auth/{name}" for name in ("login", "refresh", "logout"))
LOCK, UNLOCK = "lock", "unlock"
Step = httpx.Request | str
Flow = Generator[Step, httpx.Response]


class ApiClient(AuthenticatedClient):
    """Give it to each operation. `login` signs it in and `logout` out; threads and tasks may share it."""

    def __init__(self, base_url: str, **settings: Any) -> None:
        session = Session(base_url)
        super().__init__(base_url=base_url, token="", httpx_args={"auth": session}, **settings)
        self._session = session

    @property
    def is_signed_in(self) -> bool:
        return self._session.tokens is not None


class Session(httpx.Auth):
    """Signs requests. One caller at a time renews the tokens, for all that were refused meanwhile.

    A refused call renews on `unauthorized` alone: `invalid_credentials` means a wrong password.
    """

    def __init__(self, base_url: str) -> None:
        self.tokens: dict[str, str] | None = None
        self._base_url = base_url.rstrip("/")
        self._lock, self._async_lock = threading.Lock(), asyncio.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        flow, response = self._flow(request), None
        with ExitStack() as held, suppress(StopIteration):
            while True:
                step = flow.send(response)  # type: ignore[arg-type]  # None begins it
                if step is LOCK:
                    held.enter_context(self._lock)
                elif step is UNLOCK:
                    held.close()
                else:
                    assert isinstance(step, httpx.Request)
                    response = yield step
                    response.read()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        flow, response = self._flow(request), None
        async with AsyncExitStack() as held:
            with suppress(StopIteration):
                while True:
                    step = flow.send(response)  # type: ignore[arg-type]
                    if step is LOCK:
                        await held.enter_async_context(self._async_lock)
                    elif step is UNLOCK:
                        await held.aclose()
                    else:
                        assert isinstance(step, httpx.Request)
                        response = yield step
                        await response.aread()

    def _flow(self, request: httpx.Request) -> Flow:
        """Errors: ApiError."""
        used = self._sign(request)
        response = yield request
        if used and response.status_code == 401 and ApiError(response).code == "unauthorized":
            yield LOCK
            if self.tokens == used:  # nobody was first
                yield from self._renew(used)
            yield UNLOCK
            if self._sign(request):
                response = yield request
        if not response.is_success:
            raise ApiError(response)
        if request.url.path.endswith(LOGIN):
            self.tokens = response.json()
        elif request.url.path.endswith(LOGOUT):
            self.tokens = None

    def _sign(self, request: httpx.Request) -> dict[str, str] | None:
        request.headers.pop("Authorization", None)
        if self.tokens is not None:
            request.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        return self.tokens

    def _renew(self, used: dict[str, str]) -> Flow:
        body = {"refresh_token": used["refresh_token"]}
        response = yield httpx.Request("POST", self._base_url + REFRESH, json=body)
        if response.is_success:
            self.tokens = response.json()
        elif response.status_code in (401, 403):
            self.tokens = None
        else:
            raise ApiError(response)
