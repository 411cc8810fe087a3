from tests.support.sample_calls import Rows, Sample, World, created


def written_by(world: World, path: str) -> int:
    """A post of the user whose posts the path lists."""
    author = world.anyone.as_user(int(path.split("/")[-2]))
    return int(author.post("/api/v1/posts", json={"content": "post"}).json()["id"])


SAMPLES = {
    "create_post": Sample("/api/v1/posts", {"content": "post {n}"}),
    "list_posts": Sample("/api/v1/posts", rows=Rows(created("post"), "posts")),
    "list_posts_with_counts": Sample("/api/v1/posts/with_counts", rows=Rows(created("post"), "posts")),
    "list_user_posts": Sample("/api/v1/users/{user}/posts", rows=Rows(written_by, "posts")),
    "get_feed": Sample("/api/v1/feed", rows=Rows(created("post"), "posts", merges="follows")),
    "get_post": Sample("/api/v1/posts/{post}"),
    "delete_post": Sample("/api/v1/posts/{post}"),
    "like_post": Sample("/api/v1/posts/{post}/like"),
    "unlike_post": Sample("/api/v1/posts/{post}/like"),
    "retweet_post": Sample("/api/v1/posts/{post}/retweet"),
    "unretweet_post": Sample("/api/v1/posts/{post}/retweet"),
}
