"""One call that succeeds for each route that reaches the database, in an order that gives each its rows.

The caller is an admin, the only user at the start; `register` makes the second one.
"""

from collections.abc import Callable
from typing import Any

type Answers = dict[str, Any]  # of the calls before, by operation
type Body = dict[str, Any] | Callable[[Answers], dict[str, Any]] | None

PASSWORD = "correct horse battery"
NEW_PASSWORD = "another passphrase"

# operation, path, body
CALLS: list[tuple[str, str, Body]] = [
    ("readiness", "/api/v1/health", None),
    (
        "register",
        "/api/v1/auth/register",
        {"username": "second", "email": "second@example.com", "password": PASSWORD},
    ),
    ("login", "/api/v1/auth/login", {"username": "second", "password": PASSWORD}),
    (
        "refresh",
        "/api/v1/auth/refresh",
        lambda answers: {"refresh_token": answers["login"]["refresh_token"]},
    ),
    (
        "logout",
        "/api/v1/auth/logout",
        lambda answers: {"refresh_token": answers["refresh"]["refresh_token"]},
    ),
    ("get_me", "/api/v1/users/me", None),
    ("update_me", "/api/v1/users/me", {"name": "The first"}),
    ("list_users", "/api/v1/users?is_active=true&limit=1", None),
    ("update_user", "/api/v1/users/2", {"is_active": True}),
    ("follow_user", "/api/v1/users/2/follow", None),
    ("get_user", "/api/v1/users/2", None),
    ("list_followers", "/api/v1/users/2/followers", None),
    ("list_following", "/api/v1/users/1/following", None),
    ("unfollow_user", "/api/v1/users/2/follow", None),
    (
        "change_password",
        "/api/v1/users/me/password",
        {"current_password": PASSWORD, "new_password": NEW_PASSWORD},
    ),
    ("create_author", "/api/v1/authors", {"name": "author"}),
    ("list_authors", "/api/v1/authors", None),
    ("get_author", "/api/v1/authors/1", None),
    ("update_author", "/api/v1/authors/1", {"bio": "of some renown"}),
    ("create_category", "/api/v1/categories", {"name": "category"}),
    ("list_categories", "/api/v1/categories", None),
    ("get_category", "/api/v1/categories/1", None),
    ("update_category", "/api/v1/categories/1", {"name": "kind"}),
    (
        "create_book",
        "/api/v1/books",
        {
            "title": "title",
            "author": "author",
            "isbn": "9780000000002",
            "published_date": "2026-01-31",
            "author_id": 1,
            "category_ids": [1],
        },
    ),
    ("list_books", "/api/v1/books?author_id=1&category_id=1&isbn=9780000000002", None),
    ("get_book", "/api/v1/books/1", None),
    ("update_book", "/api/v1/books/1", {"title": "another", "category_ids": [1]}),
    ("create_review", "/api/v1/books/1/reviews", {"rating": 5, "body": "good"}),
    ("list_reviews", "/api/v1/books/1/reviews", None),
    ("update_review", "/api/v1/reviews/1", {"rating": 4}),
    ("delete_review", "/api/v1/reviews/1", None),
    ("delete_book", "/api/v1/books/1", None),
    ("delete_category", "/api/v1/categories/1", None),
    ("delete_author", "/api/v1/authors/1", None),
    ("create_item", "/api/v1/items", {"name": "pen", "description": "of steel"}),
    ("list_items", "/api/v1/items?limit=1", None),
    ("get_item", "/api/v1/items/1", None),
    ("update_item", "/api/v1/items/1", {"name": "pencil"}),
    ("delete_item", "/api/v1/items/1", None),
    ("create_project", "/api/v1/projects", {"name": "garden"}),
    ("list_projects", "/api/v1/projects?limit=1", None),
    ("get_project", "/api/v1/projects/1", None),
    ("update_project", "/api/v1/projects/1", {"name": "park"}),
    ("create_issue", "/api/v1/projects/1/issues", {"title": "weeds"}),
    ("list_issues", "/api/v1/projects/1/issues?status=open", None),
    ("get_issue", "/api/v1/issues/1", None),
    ("update_issue", "/api/v1/issues/1", {"status": "closed"}),
    ("delete_issue", "/api/v1/issues/1", None),
    ("delete_project", "/api/v1/projects/1", None),
    ("create_post", "/api/v1/posts", {"content": "hello"}),
    ("list_posts", "/api/v1/posts?limit=1", None),
    ("get_post", "/api/v1/posts/1", None),
    ("like_post", "/api/v1/posts/1/like", None),
    ("retweet_post", "/api/v1/posts/1/retweet", None),
    ("list_posts_with_counts", "/api/v1/posts/with_counts", None),
    ("list_user_posts", "/api/v1/users/1/posts", None),
    ("get_feed", "/api/v1/feed", None),
    ("unlike_post", "/api/v1/posts/1/like", None),
    ("unretweet_post", "/api/v1/posts/1/retweet", None),
    ("delete_post", "/api/v1/posts/1", None),
]
