"""PUT /api/v1/users/{id}: change a user's role or state, for admins."""

from shared.database import WriteSession, get_or_404, invalidate
from shared.http import PathId, Preconditions, etag, lambda_handler, one_route_app
from shared.identity.callers import Admin, caller_cache_keys
from shared.models.users import User

from fastapi import Request, Response

from accounts import account_events, known_addresses, sign_in_sessions
from accounts.mailed_links import void_outstanding
from accounts.queries import select_person, select_profile
from accounts.schemas import EventKind, ProfileOut, UserOut, UserUpdate

app = one_route_app()


@app.put("/api/v1/users/{id}", response_model=UserOut)
async def update_user(
    request: Request,
    user_id: PathId,
    body: UserUpdate,
    caller: Admin,
    db: WriteSession,
    preconditions: Preconditions,
    response: Response,
) -> User:
    user = get_or_404(db, select_person(user_id).with_for_update(key_share=True))
    # The profile shows nothing that is changed here. No sign-in adds a session while the row is locked.
    row = db.execute(select_profile(user_id).add_columns(sign_in_sessions.live_ids(user_id))).one()
    profile = ProfileOut.model_validate(row)
    preconditions.check(profile)
    if body.is_active is False:
        sign_in_sessions.end_all_sessions(db, user_id)
        known_addresses.forget(db, user_id)
        void_outstanding(db, user_id)
        user.pending_email = None
    changes: list[tuple[EventKind, bool]] = [
        ("activated", body.is_active is True and not user.is_active),
        ("deactivated", body.is_active is False and user.is_active),
        ("role_changed", body.role is not None and body.role != user.role),
    ]
    for kind, is_made in changes:
        if is_made:
            account_events.record(db, request, kind, user_id, by=caller.id)
    if body.is_active is not None:
        user.is_active = body.is_active
    if body.role is not None:
        user.role = body.role
    invalidate(db, *caller_cache_keys(user, row.session_ids))
    response.headers["ETag"] = etag(profile)
    return user


handler = lambda_handler(app)
