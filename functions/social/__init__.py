"""Posts: anyone reads them, users like and retweet them, and read in a feed those of whom they follow."""
