"""Redis or this environment's memory: the client, the cache, cached reads, sliding windows."""
