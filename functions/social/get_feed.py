"""GET /api/v1/feed: the posts of the caller and of those the caller follows, with counts, latest first."""

from shared.database import PageQuery, ReadSession, Rows
from shared.http import lambda_handler, one_route_app
from shared.identity.callers import CurrentUser

from sqlalchemy import select

from social.feed import feed_of
from social.queries import with_counts
from social.schemas import PostWithCounts

app = one_route_app(has_etag=False)


@app.get("/api/v1/feed", response_model=list[PostWithCounts])
async def get_feed(caller: CurrentUser, db: ReadSession, page: PageQuery) -> Rows:
    feed = feed_of(caller.id, page).c
    key = [feed.timestamp, feed.id]
    return page.fetch(db, select(feed.id), key=key, expand=with_counts)


handler = lambda_handler(app)
