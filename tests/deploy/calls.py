"""Calls that go on while something else happens."""

import threading
from collections import Counter

from tests.deploy.cloud import Cloud

PAUSE = 0.2  # seconds, so that the calls leave the deployment a processor


class Calls(threading.Thread):
    """A user who signs in and reads, over and over."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(daemon=True)
        self._cloud, self._end = cloud, threading.Event()
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        account = {"username": "caller", "password": "correct horse battery"}
        while not self._end.wait(PAUSE):
            status, pair = self._cloud.call("POST", "/api/v1/auth/login", account, user=None)
            self.statuses[status] += 1
            if status == 200:
                self._cloud.tokens["caller"] = pair["access_token"]
            self.statuses[self._cloud.call("GET", "/api/v1/users/me", user="caller")[0]] += 1

    def __enter__(self) -> "Calls":
        self._cloud.sign_in("caller")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()
