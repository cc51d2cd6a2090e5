"""The store: every recorded resource, on one Redis."""

from backmark.grader.errors import StoreUnavailable
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.assignments import Assignments
from backmark.grader.store.cache import Cache
from backmark.grader.store.cohorts import Cohorts
from backmark.grader.store.connection import Connection
from backmark.grader.store.counters import Counters
from backmark.grader.store.course_copies import CourseCopies
from backmark.grader.store.course_records import CourseRecords
from backmark.grader.store.courses import Courses
from backmark.grader.store.durability import complaints, memory_complaint
from backmark.grader.store.functions import Functions
from backmark.grader.store.jobs import Jobs
from backmark.grader.store.launches import Launches
from backmark.grader.store.line_items import LineItems
from backmark.grader.store.links import Links
from backmark.grader.store.listings import Listings
from backmark.grader.store.messages import Messages
from backmark.grader.store.notifications import Notifications
from backmark.grader.store.older import refuse_older
from backmark.grader.store.platforms import Platforms
from backmark.grader.store.publications import Publications
from backmark.grader.store.regrades.store import Regrades
from backmark.grader.store.regrades.worker_steps import RegradeSteps
from backmark.grader.store.room import Storage
from backmark.grader.store.rosters import Rosters
from backmark.grader.store.scores import Scores
from backmark.grader.store.sessions import Sessions
from backmark.grader.store.shares import Shares
from backmark.grader.store.staff import Staff
from backmark.grader.store.submissions import Submissions
from backmark.grader.store.tokens import Tokens
from backmark.grader.store.transactions import Transactions
from backmark.grader.store.workers import Workers


class Store:
    """All records. Safe to share between threads; each process must open its own."""

    def __init__(self, redis: Connection, settings: ServiceSettings) -> None:
        self.redis = redis
        self.settings = settings
        self.functions = functions = Functions(redis)
        transactions = Transactions(redis, functions)
        self.jobs = Jobs(redis, functions, settings)
        self.storage = Storage(redis)
        self.courses = Courses(redis, functions, transactions)
        self.submissions = Submissions(redis, functions, self.storage, self.courses)
        self.cache = Cache(redis, settings)
        self.listings = Listings(redis)
        secret = settings.secret is not None and bool(settings.secret.get_secret_value())
        self.assignments = Assignments(redis, transactions, pooled=secret)
        self.publications = Publications(redis, functions)
        self.regrades = Regrades(redis, functions, transactions)
        self.regrade_steps = RegradeSteps(redis, functions, self.submissions, self.regrades.units)
        self.sessions = Sessions(redis)
        self.shares = Shares(functions)
        self.tokens = Tokens(redis, functions, transactions)
        self.workers = Workers(redis)
        self.counters = Counters(redis)
        self.notifications = Notifications(redis, functions, transactions)
        self.scores = Scores(redis, functions)
        self.rosters = Rosters(redis, transactions)
        self.platforms = Platforms(redis, transactions)
        self.launches = Launches(redis, functions, transactions)
        self.cohorts = Cohorts(redis, self.launches)
        self.course_records = CourseRecords(redis, transactions, self.launches)
        self.course_copies = CourseCopies(redis, transactions)
        self.staff = Staff(redis, transactions, self.tokens, self.launches)
        self.links = Links(redis, transactions)
        self.line_items = LineItems(redis, transactions)
        self.messages = Messages(redis, transactions)

    @classmethod
    def connect(cls, settings: ServiceSettings) -> "Store":
        """Return a store on the Redis of these settings. It connects on first use."""
        return cls(Connection.open(settings), settings)

    def ping(self) -> None:
        """Raise StoreUnavailable if Redis does not answer."""
        self.redis.ping()

    def refuse_older(self) -> None:
        """Raise OlderStore if a version before 0.3.0 filled this Redis, StoreUnavailable if Redis does not answer."""
        refuse_older(self.redis)

    def time(self) -> float:
        """Return the seconds since 1970 by Redis's clock."""
        seconds, micros = self.redis.time()
        return seconds + micros / 1e6

    def durability_complaints(self) -> list[str]:
        """Return the reasons why this Redis is unfit to keep submissions; empty if it is fit."""
        try:
            return complaints(self.redis)
        except StoreUnavailable as error:
            return [str(error)]

    def shortage(self) -> str | None:
        """Return a sentence if Redis's memory is used up, else None. Raises StoreUnavailable if it does not answer."""
        return memory_complaint(self.redis)

    def close(self) -> None:
        """Close the connections."""
        self.redis.close()
        self.redis.connection_pool.disconnect()
