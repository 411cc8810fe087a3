"""Posts, likes and retweets outside of Lambda."""

from collections.abc import Iterator

from shared.models.social import Like, Post, Retweet

from infra.domains import Demo, chance, moment, sentence

MAIN_READS = ("list_posts", "get_feed")
EXAMPLE = "docs/examples/web/"

POSTS, LIKES = 1000, 10  # for each unit; of each post; every second post is retweeted
LOOK_AT = """\
The latest posts, with their likes and retweets:
  curl -s '{origin}/api/v1/posts/with_counts?limit=3'
That user's posts and feed:
  curl -s {origin}/api/v1/users/{user}/posts
  curl -s {origin}/api/v1/feed -H "Authorization: Bearer $(make -s token USER={name})\""""


def amount(factor: int) -> tuple[str, int]:
    posts = POSTS * factor
    return f"{posts:,} posts with {LIKES} likes each", posts + posts * LIKES + (posts + 1) // 2


def demo(demo: Demo) -> None:
    with demo.new(Post.id) as posts:
        demo.copy((Post.content, Post.owner_id, Post.timestamp), _posts(demo.users, POSTS * demo.factor))
    demo.copy((Like.post_id, Like.user_id), _likes(posts, demo.users))
    demo.copy((Retweet.post_id, Retweet.user_id, Retweet.timestamp), _retweets(posts, demo.users))


def _posts(users: list[int], count: int) -> Iterator[tuple[object, ...]]:
    chosen = chance("posts")
    for number in range(count):
        yield sentence(number), chosen.choice(users), moment(number, count)


def _likes(posts: list[int], users: list[int]) -> Iterator[tuple[int, int]]:
    chosen = chance("likes")
    return ((post, user) for post in posts for user in chosen.sample(users, LIKES))


def _retweets(posts: list[int], users: list[int]) -> Iterator[tuple[object, ...]]:
    chosen = chance("retweets")
    for number, post in enumerate(posts[::2]):
        yield post, chosen.choice(users), moment(number * 2, len(posts))
