"""The Redis of a data folder by itself, for what is done to its store while the service does not run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backmark.worker.serve.data_dir import DataDirectory
from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port


@contextmanager
def run_redis(data: Path, maxmemory: int) -> Iterator[str]:
    """Run it within this block, and return its URL. Raises ServiceError if the folder is in use."""
    folder = DataDirectory(data)
    with folder.lock():
        redis = EmbeddedRedis(folder.redis, lasting_port(), folder.secret("redis-password"), maxmemory=maxmemory)
        redis.start()
        try:
            yield redis.url
        finally:
            redis.stop()
