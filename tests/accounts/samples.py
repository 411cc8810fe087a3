from collections.abc import Callable

from shared.database.engines import engine
from shared.identity.mail_tokens import Purpose, reserve
from shared.models.account_events import AccountEvent
from shared.models.users import User

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.passwords import hash_password
from accounts.service_schemas import known_scopes
from tests.accounts.conftest import mailed
from tests.support.client import Client, Form
from tests.support.sample_calls import Rows, Sample, World, created, id_of

PASSWORD, NEW_PASSWORD = "correct horse battery", "another passphrase"


def registered(world: World) -> dict[str, object]:
    account = {"username": f"person_{world.next()}", "password": PASSWORD}
    email = {"email": f"{account['username']}@example.com"}
    assert Client().post("/api/v1/auth/register", json=account | email).status == 201
    return account


def signed_in(world: World) -> dict[str, object]:
    pair = Client().post("/api/v1/auth/login", json=registered(world)).json()
    return {"refresh_token": pair["refresh_token"]}


def signed_in_page(world: World) -> None:
    """Leaves the refresh token in the cookies of the world's clients."""
    world.anyone.post("/api/v1/auth/web/login", json=registered(world))


def as_service(world: World) -> Form:
    service = world.admin.post("/api/v1/services", json=a_service(world)).json()
    credentials = {name: service[name] for name in ("client_id", "client_secret")}
    return Form(grant_type="client_credentials", **credentials)


def a_service(world: World) -> dict[str, object]:
    return {"name": "nightly import", "scopes": known_scopes()[:1]}


def a_password_change(world: World) -> dict[str, object]:
    return {"current_password": admins_password(world), "new_password": NEW_PASSWORD}


def an_address_change(world: World) -> dict[str, object]:
    return {"current_password": admins_password(world), "email": f"person{world.next()}@example.com"}


def an_own_deletion(world: World) -> dict[str, object]:
    another_admin = sa.update(User).where(User.id == id_of(world.user()))
    world.db.execute(another_admin.values(role="admin"))
    return {"current_password": admins_password(world)}


def admins_password(world: World) -> str:
    row = sa.update(User).where(User.id == id_of(world.admin))
    world.db.execute(row.values(password_hash=hash_password(PASSWORD)))
    world.db.commit()
    return PASSWORD


def with_token(purpose: Purpose, **more: object) -> Callable[[World], dict[str, object]]:
    """Returns a body with a token mailed to a new user, whose address has been verified for an undo."""

    def body(world: World) -> dict[str, object]:
        user, email = id_of(world.user()), f"person{world.next()}@example.com"
        world.db.execute(sa.update(User).where(User.id == user).values(email=email, email_key=email))
        world.db.commit()
        if purpose is Purpose.UNDO:
            with Session(engine()) as db, db.begin():
                reserve(db, user, email)
        return {"token": mailed(purpose, user, email)} | more

    return body


def follower(world: World, path: str) -> int:
    fan = world.user()
    assert fan.put(path.replace("followers", "follow")).status == 204
    return id_of(fan)


def followed(world: World, path: str) -> int:
    idol = world.make("user")
    fan = Client().as_user(int(path.split("/")[-2]))
    assert fan.put(f"/api/v1/users/{idol}/follow").status == 204
    return idol


def session(world: World, path: str) -> int:
    return world.make("session")


def event(world: World, path: str) -> int:
    owner = path.split("/")[-2]
    user_id = id_of(world.admin) if owner == "me" else int(owner)
    row = sa.insert(AccountEvent).values(user_id=user_id, kind="signed_in")
    event_id = world.db.scalars(row.returning(AccountEvent.id)).one()
    world.db.commit()
    return event_id


SAMPLES = {
    "register": Sample(
        "/api/v1/auth/register",
        {"username": "person_{n}", "email": "person{n}@example.com", "password": PASSWORD},
    ),
    "login": Sample("/api/v1/auth/login", registered),
    "refresh": Sample("/api/v1/auth/refresh", signed_in),
    "logout": Sample("/api/v1/auth/logout", signed_in),
    "web_login": Sample("/api/v1/auth/web/login", registered),
    "web_refresh": Sample("/api/v1/auth/web/refresh", signed_in_page),
    "web_logout": Sample("/api/v1/auth/web/logout", signed_in_page),
    "verify_email": Sample("/api/v1/auth/email/verify", with_token(Purpose.VERIFICATION)),
    "send_verification": Sample("/api/v1/auth/email/verification", {"email": "person{n}@example.com"}),
    "undo_email_change": Sample("/api/v1/auth/email/undo", with_token(Purpose.UNDO)),
    "forgot_password": Sample("/api/v1/auth/password/forgot", {"email": "person{n}@example.com"}),
    "reset_password": Sample(
        "/api/v1/auth/password/reset", with_token(Purpose.RECOVERY, new_password=NEW_PASSWORD)
    ),
    "get_me": Sample("/api/v1/users/me"),
    "update_me": Sample("/api/v1/users/me", {"name": "changed"}),
    "change_password": Sample("/api/v1/users/me/password", a_password_change),
    "list_sessions": Sample("/api/v1/users/me/sessions", rows=Rows(session, "refresh_families")),
    "end_session": Sample("/api/v1/users/me/sessions/{session}"),
    "end_other_sessions": Sample("/api/v1/users/me/sessions"),
    "delete_me": Sample("/api/v1/users/me/deletion", an_own_deletion),
    "export_me": Sample("/api/v1/users/me/export"),
    "list_my_events": Sample("/api/v1/users/me/events", rows=Rows(event, "account_events")),
    "list_user_events": Sample("/api/v1/users/{user}/events", rows=Rows(event, "account_events")),
    "list_users": Sample("/api/v1/users", rows=Rows(lambda world, path: world.make("user"), "users")),
    "invite_user": Sample("/api/v1/users", {"username": "person_{n}", "email": "person{n}@example.com"}),
    "get_user": Sample("/api/v1/users/{user}"),
    "update_user": Sample("/api/v1/users/{user}", {"role": "admin"}),
    "delete_user": Sample("/api/v1/users/{user}"),
    "follow_user": Sample("/api/v1/users/{user}/follow"),
    "unfollow_user": Sample("/api/v1/users/{user}/follow"),
    "list_followers": Sample("/api/v1/users/{user}/followers", rows=Rows(follower, "follows", "follower_id")),
    "list_following": Sample("/api/v1/users/{user}/following", rows=Rows(followed, "follows", "followed_id")),
    "issue_token": Sample("/api/v1/auth/token", as_service),
    "create_service": Sample("/api/v1/services", a_service),
    "list_services": Sample("/api/v1/services", rows=Rows(created("service"), "services")),
    "get_service": Sample("/api/v1/services/{service}"),
    "delete_service": Sample("/api/v1/services/{service}"),
    "create_service_secret": Sample("/api/v1/services/{service}/secrets"),
}
