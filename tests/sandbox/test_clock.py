"""The clock: processor time and sleep count against a submission, and nothing that the machine does to it."""

from collections.abc import Callable

import pytest

from backmark.grader.errors import BackmarkError, JailFailed, SliceEnded, TimedOut
from backmark.worker.sandbox import clock
from backmark.worker.sandbox.clock import Budget, Clock
from backmark.worker.sandbox.policy import JailLimits
from backmark.worker.sandbox.usage import Usage

LIMITS = JailLimits(seconds_per_call=2.0, seconds=20.0, memory=1 << 30, output=1000)


class Machine:
    """A process and a clock on the wall that a test moves on by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = self.own = self.computed = self.waited = self.unbooked = 0.0
        self.turns = 1
        self.state = "S"
        self.counted = True
        self.at_end: float | None = None
        monkeypatch.setattr("backmark.worker.sandbox.clock.time.monotonic", lambda: self.now)
        monkeypatch.setattr(clock, "own_seconds", lambda: self.own)
        self.budget = Budget()
        self.clock = Clock(self, LIMITS, self.budget)
        self.clock.begin(LIMITS.seconds_per_call)

    def usage(self) -> Usage | None:
        """What the kernel would say now."""
        return Usage(self.computed, self.waited, self.turns, self.state) if self.counted else None

    def total(self) -> float | None:
        """What was used at its end."""
        return self.at_end

    def compute(self, seconds: float, state: str = "R") -> None:
        """All of its threads together."""
        self.now, self.state = self.now + seconds, state
        self.computed += seconds

    def wait(self, seconds: float) -> None:
        """Ready to run and without a processor; the kernel books that at the next turn."""
        self.now, self.state = self.now + seconds, "R"
        self.unbooked += seconds

    def turn(self) -> None:
        """Get a processor."""
        self.waited, self.unbooked, self.turns = self.waited + self.unbooked, 0.0, self.turns + 1

    def rest(self, seconds: float, state: str = "S") -> None:
        """Neither run nor be ready to."""
        self.now, self.state = self.now + seconds, state

    def look_after(self, act: Callable[[], None], times: int) -> BackmarkError | None:
        """Look after each act, until a limit is reached."""
        for _ in range(times):
            act()
            if error := self.clock.look():
                return error
        return None


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine at the beginning of a call."""
    return Machine(monkeypatch)


def test_a_loop_is_late_by_its_processor_time(machine: Machine) -> None:
    error = machine.look_after(lambda: machine.compute(0.1), 30)
    assert isinstance(error, TimedOut)
    assert "2 s on one call" in str(error)
    assert "asleep" not in str(error)
    assert machine.now == pytest.approx(2.1, abs=0.11)


def test_a_sleeper_is_late_by_the_wall_clock(machine: Machine) -> None:
    error = machine.look_after(lambda: machine.rest(0.1), 30)
    assert isinstance(error, TimedOut)
    assert "asleep" in str(error)
    assert machine.now == pytest.approx(2.1, abs=0.11)


def test_waiting_for_a_processor_is_not_sleep(machine: Machine) -> None:
    """At a sixteenth of a processor, in turns that are long after each other or short."""

    def starve() -> None:
        machine.wait(0.75)
        machine.turn()
        machine.compute(0.05)

    assert machine.look_after(starve, 20) is None
    assert machine.look_after(lambda: machine.wait(0.1), 50) is None
    machine.turn()
    machine.compute(0.1, "S")
    assert machine.clock.look() is None
    assert machine.budget.asleep == pytest.approx(0, abs=1e-9)
    assert machine.budget.computed == pytest.approx(1.1)


@pytest.mark.parametrize("state", ["T", "t", "D"])
def test_whoever_is_stopped_does_not_sleep(machine: Machine, state: str) -> None:
    assert machine.look_after(lambda: machine.rest(0.1, state), 300) is None
    assert machine.look_after(lambda: machine.compute(0.1), 10) is None


def test_a_pause_of_the_whole_machine_counts_for_two_looks_at_most(machine: Machine) -> None:
    assert machine.look_after(lambda: machine.rest(22.0), 5) is None
    assert machine.budget.asleep <= 5 * 2 * clock.LOOK + 1e-9


def test_while_we_are_busy_or_starved_it_may_wait_for_us(machine: Machine) -> None:
    def block() -> None:
        machine.rest(0.5)
        machine.own += 0.5

    assert machine.look_after(block, 40) is None
    assert machine.budget.asleep == pytest.approx(0, abs=1e-9)


def test_naps_from_which_it_is_awake_whenever_we_look_are_sleep(machine: Machine) -> None:
    def nap() -> None:
        machine.rest(0.099)
        machine.turn()
        machine.compute(0.001)

    error = machine.look_after(nap, 60)
    assert isinstance(error, TimedOut)
    assert machine.now < 2.5


def test_waiting_for_a_thread_of_its_own_counts_once(machine: Machine) -> None:
    assert machine.look_after(lambda: machine.compute(0.1, "S"), 19) is None
    assert machine.budget.asleep == pytest.approx(0, abs=1e-9)
    assert isinstance(machine.look_after(lambda: machine.compute(0.1, "S"), 3), TimedOut)


def test_a_main_thread_that_has_ended_sleeps_and_a_process_that_has_does_not(machine: Machine) -> None:
    assert machine.look_after(lambda: machine.rest(0.1, "X"), 300) is None
    assert isinstance(machine.look_after(lambda: machine.rest(0.1, "Z"), 30), TimedOut)


def test_calls_that_are_each_in_time_are_late_together(machine: Machine) -> None:
    """Fifteen seconds asleep do not suffice, and thirty do."""

    def call() -> None:
        error = machine.look_after(lambda: machine.rest(0.1), 15)
        machine.clock.progress()
        if error:
            raise error

    assert machine.look_after(call, 10) is None
    with pytest.raises(TimedOut, match="20 s in all"):
        machine.look_after(call, 10)


def test_a_machine_that_gives_nothing_for_ten_budgets_has_failed(machine: Machine) -> None:
    error = machine.look_after(lambda: machine.rest(0.5, "T"), 1000)
    assert isinstance(error, JailFailed)
    assert machine.now == pytest.approx(200.5, abs=0.6)


def test_where_nothing_is_counted_ten_seconds_on_the_wall_are_one(machine: Machine) -> None:
    machine.counted = False
    error = machine.look_after(lambda: machine.rest(0.1), 1000)
    assert isinstance(error, TimedOut)
    assert machine.now == pytest.approx(20.0, abs=0.3)


def test_without_the_counters_of_waiting_only_who_is_seen_asleep_sleeps(machine: Machine) -> None:
    machine.turns = 0
    assert machine.look_after(lambda: machine.wait(0.1), 300) is None
    assert isinstance(machine.look_after(lambda: machine.rest(0.1), 30), TimedOut)


def test_one_budget_is_for_all_jails_of_a_submission(machine: Machine) -> None:
    machine.look_after(lambda: machine.compute(0.1), 19)
    machine.budget.computed = 19.0
    other_clock = Clock(machine, LIMITS, machine.budget)
    other_clock.begin(LIMITS.seconds_per_call)
    machine.clock = other_clock
    error = machine.look_after(lambda: machine.compute(0.1), 19)
    assert isinstance(error, TimedOut)
    assert "in all" in str(error)


def test_a_slice_that_is_used_up_ends_without_anybodys_fault(machine: Machine) -> None:
    machine.budget.slice, machine.budget.computed = 3.0, 2.0
    assert machine.clock.begin(LIMITS.seconds_per_call) is None
    error = machine.look_after(lambda: machine.compute(0.1), 15)
    assert isinstance(error, SliceEnded)
    assert error.seconds == pytest.approx(3.0, abs=0.3)
    assert error.limit == LIMITS.seconds


def test_a_slice_is_never_longer_than_the_limit(machine: Machine) -> None:
    machine.budget.slice, machine.budget.computed = LIMITS.seconds - 0.1, LIMITS.seconds + 0.1
    assert isinstance(machine.look_after(lambda: machine.compute(0.1), 1), TimedOut)


@pytest.mark.parametrize(("at_end", "is_exhausted"), [(19.0, False), (21.0, True), (None, False)])
def test_what_it_used_after_our_last_look_is_known_from_its_end(
    machine: Machine,
    at_end: float | None,
    is_exhausted: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    machine.look_after(lambda: machine.compute(0.1), 10)
    machine.at_end, machine.counted = at_end, False
    machine.look_after(lambda: machine.rest(0.1), 2)
    assert machine.clock.is_exhausted() is is_exhausted
