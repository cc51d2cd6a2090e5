"""The store: every noun that is recorded, on one Redis."""

from grader.errors import StoreUnavailable
from grader.settings.service import ServiceSettings
from grader.store.assignments import Assignments
from grader.store.cache import Cache
from grader.store.callbacks import Callbacks
from grader.store.cohorts import Cohorts
from grader.store.connection import Connection
from grader.store.counters import Counters
from grader.store.durability import complaints, memory_complaint
from grader.store.jobs import Jobs
from grader.store.listings import Listings
from grader.store.publications import Publications
from grader.store.regrades.store import Regrades
from grader.store.room import Storage
from grader.store.scripts import Scripts
from grader.store.sessions import Sessions
from grader.store.submissions import Submissions
from grader.store.tokens import Tokens
from grader.store.workers import Workers


class Store:
    """Safe to share between threads, not between processes: each opens its own."""

    def __init__(self, redis: Connection, settings: ServiceSettings) -> None:
        self.redis = redis
        self.settings = settings
        self.scripts = scripts = Scripts(redis)
        self.jobs = Jobs(redis, scripts, settings)
        self.storage = Storage(redis)
        self.submissions = Submissions(redis, scripts, self.storage)
        self.cache = Cache(redis, settings)
        self.listings = Listings(redis)
        secret = settings.secret is not None and bool(settings.secret.get_secret_value())
        self.assignments = Assignments(redis, scripts, pooled=secret)
        self.publications = Publications(redis, scripts)
        self.regrades = Regrades(redis, scripts, self.submissions)
        self.sessions = Sessions(redis)
        self.tokens = Tokens(redis, scripts)
        self.workers = Workers(redis)
        self.counters = Counters(redis)
        self.cohorts = Cohorts(redis)
        self.callbacks = Callbacks(redis)

    @classmethod
    def connect(cls, settings: ServiceSettings) -> "Store":
        """A store on the Redis of these settings. Talks to it only when asked something."""
        return cls(Connection.open(settings), settings)

    def ping(self) -> None:
        """StoreUnavailable where Redis does not answer."""
        self.redis.ping()

    def time(self) -> float:
        """Seconds since 1970 by Redis's clock."""
        seconds, micros = self.redis.time()
        return seconds + micros / 1e6

    def fitness(self) -> list[str]:
        """What makes this Redis unfit to keep a submission; nothing when it is fit."""
        try:
            return complaints(self.redis)
        except StoreUnavailable as error:
            return [str(error)]

    def shortage(self) -> str | None:
        """Return a sentence if there is no space left in Redis's memory, else None; StoreUnavailable if it is away."""
        return memory_complaint(self.redis)

    def close(self) -> None:
        """Give back its connections."""
        self.redis.close()
        self.redis.connection_pool.disconnect()
