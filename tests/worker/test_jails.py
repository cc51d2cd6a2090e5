"""Jails for one submission after another: by a template where it holds, from nothing where it does not."""

import contextlib
import os
import select
import signal
from dataclasses import replace

import pytest

from backmark.grader.errors import JailFailed
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.forked import Forked
from backmark.worker.sandbox.policy import Launch, Way
from backmark.worker.sandbox.session import Session
from backmark.worker.sandbox.single import SingleProcess
from backmark.worker.sandbox.template import Template
from tests.sandbox.conftest import LIMITS, ask, body


def kind(session: Session) -> type:
    """How a jail came to be, once it has answered."""
    with session:
        assert ask(session, body("pass"))[0].header["kind"] == "returned"
        return type(session._process)


def break_template(jail: Launch) -> Launch:
    """One whose template may not fork: its filter is that of a jail for one submission."""
    return replace(jail, forking=jail.starting)


def make_leaking(jail: Launch) -> Launch:
    """One in which a file can be read that no submission should see."""
    return replace(jail, wrapper=(*jail.wrapper, "--ro-bind", "/etc", "/etc"))


def test_a_template_forks_them_where_it_can(jail: Launch) -> None:
    with contextlib.closing(Jails(jail)) as jails:
        assert [kind(jails.take(LIMITS)) for _ in range(3)] == [Forked] * 3


def test_each_comes_from_nothing_where_the_owner_says_so(jail: Launch) -> None:
    with contextlib.closing(Jails(replace(jail, way=Way.SINGLE))) as jails:
        assert [kind(jails.take(LIMITS)) for _ in range(2)] == [SingleProcess] * 2


def test_where_no_template_can_fork_each_comes_from_nothing(jail: Launch) -> None:
    with contextlib.closing(Jails(break_template(jail))) as jails:
        jails.prepare(LIMITS)
        assert [kind(jails.take(LIMITS)) for _ in range(2)] == [SingleProcess] * 2


def test_where_no_template_can_fork_and_the_owner_insists_there_is_none(jail: Launch) -> None:
    with contextlib.closing(Jails(replace(break_template(jail), way=Way.TEMPLATE))) as jails:
        with pytest.raises(JailFailed, match="template"):
            jails.take(LIMITS)
        with pytest.raises(JailFailed, match="template"):
            jails.check()


def test_a_template_whose_jails_do_not_hold_is_not_used(jail: Launch) -> None:
    with contextlib.closing(Jails(make_leaking(jail))) as jails:
        jails.check()
        assert kind(jails.take(LIMITS)) is SingleProcess
    template_jails = Jails(replace(make_leaking(jail), way=Way.TEMPLATE))
    with contextlib.closing(template_jails), pytest.raises(JailFailed, match="read /etc/passwd"):
        template_jails.check()


def test_walls_are_pushed_at_again_after_so_many(jail: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the jails no longer hold, the next one is built from scratch."""
    with contextlib.closing(Jails(jail, check_every=3)) as jails:
        for _ in range(3):
            jails.prepare(LIMITS)
            assert kind(jails.take(LIMITS)) is Forked
        assert isinstance(jails._jail, Template)
        monkeypatch.setattr(jails._jail, "_launch", make_leaking(jail))
        jails._jail.close()
        jails.prepare()
        assert kind(jails.take(LIMITS)) is SingleProcess


def test_a_template_that_was_killed_between_two_is_nobodys_failure(jail: Launch) -> None:
    with contextlib.closing(Jails(jail)) as jails:
        assert kind(jails.take(LIMITS)) is Forked
        assert isinstance(jails._jail, Template)
        jails.prepare()
        first = jails._jail.pid
        assert first is not None
        with open(os.pidfd_open(first), "rb") as template:  # noqa: PTH123 - a descriptor
            signal.pidfd_send_signal(template.fileno(), signal.SIGKILL)
            # It is gone, with all that it forked, only some time after that.
            select.select([template], [], [])
        assert kind(jails.take(LIMITS)) is Forked
        assert jails._jail.pid not in {first, None}


def test_one_that_was_started_ahead_with_other_limits_is_not_used(jail: Launch) -> None:
    with contextlib.closing(Jails(jail)) as jails:
        jails.prepare(LIMITS)
        session = jails.take(replace(LIMITS, output=100))
        with session:
            assert session._limits.output == 100
