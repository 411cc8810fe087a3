"""The newest migration runs on a database with a million books while the API serves from it."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from infra.local import postgres
from infra.local.postgres import Cluster
from infra.migrations import newest, script, upgrade
from infra.migrations.bootstrap import create_roles
from tests.client import Client

BOOKS, CALLERS, WAIT = 1_000_000, 4, 1.0  # rows, processes, seconds
FILL = f"""
    INSERT INTO users (username, username_key) SELECT 'u' || n, 'u' || n FROM generate_series(1, 1000) n;
    INSERT INTO books (title, author, isbn, published_date)
        SELECT 'title', 'author', lpad(n::text, 13, '0'), '2026-01-31' FROM generate_series(1, {BOOKS}) n;
    INSERT INTO reviews (book_id, user_id, rating, body)
        SELECT n, 1 + n % 1000, 5, '' FROM generate_series(1, {BOOKS}, 10) n
"""
