"""Posts: anyone reads them, users like and retweet them, and a feed shows those of followed users."""
