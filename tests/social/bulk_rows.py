from tests.support.bulk import BLOCK, MOMENT, SERIES

FILL = [
    f"INSERT INTO posts (content, owner_id, timestamp) SELECT 'post', {BLOCK}, {MOMENT} {SERIES}",
    f"INSERT INTO likes (post_id, user_id) SELECT 1 + n % 10000, n {SERIES}",
    f"INSERT INTO retweets (post_id, user_id) SELECT 1 + n % 10000, n {SERIES}",
]
LISTS = {
    "list_user_posts": ["/api/v1/users/1/posts"],
    "list_posts": ["/api/v1/posts"],
    "list_posts_with_counts": ["/api/v1/posts/with_counts"],
    "get_feed": ["/api/v1/feed"],
}
