"""Jails for one submission after another, by the quickest way that this machine allows."""

import logging

from backmark.grader.errors import JailFailed
from backmark.worker.sandbox.confined import Confining
from backmark.worker.sandbox.installation import Installation
from backmark.worker.sandbox.policy import JailLimits, Launch, Way
from backmark.worker.sandbox.process import Jail, NoJail
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.session import Session
from backmark.worker.sandbox.single import SingleJail
from backmark.worker.sandbox.template import Template
from backmark.worker.sandbox.walls import push

_log = logging.getLogger(__name__)
_SLOWER = "each submission starts a jail from scratch, which is slower: %s"

#: Submissions after which the walls of a jail that the template forks are pushed at again.
CHECK_EVERY = 250


class Jails:
    """At most one jail ahead, of the limits that were last asked for. For the thread that the jails die with.

    A template that forks no jail, or one whose walls do not hold, is replaced; where that does not help, each
    submission gets a jail from nothing, unless the machine's owner asked for the template.
    """

    def __init__(self, launch: Launch, check_every: int = CHECK_EVERY) -> None:
        #: What they run, as it was when they were made.
        self.installation = Installation.of()
        self._launch = launch
        self._jail = _jail(launch)
        self._check_every = self._until_check = check_every
        self._limits: JailLimits | None = None
        self._ahead: Session | None = None
        self._worked = False

    @property
    def confined(self) -> bool:
        """True if they are none, but confined processes."""
        return self._launch.way is Way.CONFINED

    def take(self, limits: JailLimits, asked: JailRequest | None = None) -> Session:
        """Return a jail with these limits, started up or starting; the caller must close it.

        `asked` is its first request, as it will be that of others: the template may keep it.
        """
        ahead = self._waiting(limits)
        self._limits = limits
        self._until_check -= 1
        try:
            session = self._admit(ahead or Session(self._jail, limits))
        except JailFailed as error:
            if isinstance(self._jail, Template) and not self._worked:
                self._fall_back(error)
                # Where no jail works at all, that alone is said.
                push(self._jail)
                _log.warning(_SLOWER, error)
            else:
                _log.warning("another jail is started: %s", error)
            session = self._admit(Session(self._jail, limits))
        if asked is not None and self._worked:
            # Not for the first: it may be the only one.
            self._jail.keep(asked)
        self._worked = True
        return session

    def prepare(self, limits: JailLimits | None = None) -> None:
        """Start the next jail while nobody waits for it. If that fails, `take` raises the error."""
        self._limits = limits or self._limits
        if self._ahead is not None or self._limits is None:
            return
        try:
            if self._until_check <= 0:
                self.check()
            self._ahead = Session(self._jail, self._limits)
        except JailFailed as error:
            # Of the first one `take` says what is wrong, or does without the template.
            level = logging.WARNING if self._worked else logging.INFO
            _log.log(level, "no jail could be started ahead: %s", error)

    def check(self) -> None:
        """Push at the walls of a jail that the template forks; if they do not hold twice, no more is forked."""
        self._until_check = self._check_every
        for _ in range(2):
            if not isinstance(self._jail, Template) or not (fault := _fault(self._jail)):
                return
            _log.warning("the template is replaced: %s", fault)
            self._jail.close()
        error = JailFailed(f"the template's jails do not hold: {fault}")
        self._fall_back(error)
        _log.warning(_SLOWER, error)

    def close(self) -> None:
        """End the jail that was started ahead, and the template."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None
        self._jail.close()

    def _waiting(self, limits: JailLimits) -> Session | None:
        """Return the jail that was started ahead, if it can be used."""
        ahead, self._ahead = self._ahead, None
        if ahead is None or (self._limits == limits and ahead.alive):
            return ahead
        ahead.close()
        return None

    @staticmethod
    def _admit(session: Session) -> Session:
        try:
            session.admit()
        except JailFailed:
            session.close()
            raise
        return session

    def _fall_back(self, why: JailFailed) -> None:
        """Do without the template from now on, if its owner leaves that to us."""
        if self._launch.way is Way.TEMPLATE:
            raise why
        self._jail.close()
        self._jail = SingleJail(self._launch)


def _fault(jail: Jail) -> str:
    """Return why a jail cannot be trusted, or an empty text."""
    try:
        breached = push(jail).breached
    except JailFailed as error:
        return str(error)
    return f"inside one could {', '.join(breached)}" if breached else ""


def _jail(launch: Launch) -> Jail:
    if not launch.jailed:
        return NoJail(launch)
    if launch.way is Way.CONFINED:
        return Confining(launch)
    return SingleJail(launch) if launch.way is Way.SINGLE else Template(launch)
