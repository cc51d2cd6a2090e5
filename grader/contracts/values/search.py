"""The search for the fewest of the solution's values after whose injection every result is right."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.values.comparing import are_in_order, are_in_other_places, begins, find_differing
from backmark.grader.contracts.values.layouts import list_layouts, may_fit
from backmark.grader.contracts.values.moments import fingerprint, fingerprint_all
from backmark.grader.contracts.values.operands import Operation, solve
from backmark.grader.contracts.values.program import ROOMS, Given, Ran, Results, Run, Runner, keep_right
from backmark.grader.contracts.values.recording import OverflownError, Recording, read_logs
from backmark.grader.contracts.values.solution import SolutionValue, SolutionValues
from backmark.grader.contracts.values.written import WrittenProgram, WrittenSite

#: Cases in which it is seen on which results a site bears; partial repairs of which each is looked into.
_BEARING, _PARTIAL = 3, 24
#: Values in the place of one that raised that are looked into: if all of them do, any does.
MOST_OPEN = 4
_KINDS = ("computed", "written", "load")

Good = tuple[bool, ...]
Injections = Mapping[int, Given]
#: A value that may take the place of a site's own, the way, True if it is new, and all injections with it.
_Hopeful = tuple[SolutionValue, str, bool, Injections]

#: Statements of the solution, one above another, that may stand in one of the submission's.
_DEEPEST = 3


@dataclass(slots=True)
class SiteState:
    """What is known of a site while some injections are in force."""

    number: int
    site: WrittenSite
    values: list[list[Array]]
    times: list[list[int]]
    first: float
    #: The solution's value that it has, the one that its last occurrences have, -1 for none; a factor, empty for none.
    match: int = -1
    match_last: int = -1
    scale: str = ""
    #: The results that change with it.
    bears: frozenset[int] = frozenset()

    @property
    def is_known(self) -> bool:
        """True if it has a value at all."""
        return any(self.values)

    @property
    def is_right(self) -> bool:
        """True if it has a value of the solution's."""
        return self.match >= 0 or (self.site.kind == "written" and self.match_last >= 0)


@dataclass(frozen=True, eq=False)
class Finding:
    """An injection: a value of the solution's in a site's place, the statement that is wrong, what is right then."""

    site: int
    wanted: SolutionValue
    layout: str
    given: Given
    statement: int
    #: True if the site's own value is right, and used wrongly; or if it is with the injection in force.
    is_right: bool
    #: The first time at which the site's own value deviates.
    time: float
    good: Good
    #: True if no site of the submission has this value.
    is_new: bool = True
    #: True if the site raised.
    is_open: bool = False
    #: The finding that this one was moved from, into an operand; its injection can be made anew in any case.
    origin: "Finding | None" = None

    def make_anew(self, solution: SolutionValues, own: Given) -> Given:
        """Return the values that take the place of a site's own in other cases."""
        wanted = solution.remake(self.wanted)
        return [
            _choose(_list_all_layouts(theirs, mine), self.layout, mine)
            for theirs, mine in zip(wanted, own, strict=True)
        ]

    @property
    def is_full(self) -> bool:
        """True if every result is right with it."""
        return all(self.good)


@dataclass(frozen=True, slots=True)
class _Ways:
    """The values that may take the place of a site's own, and how."""

    candidates: Sequence[tuple[int, SolutionValue]]
    #: The case in which they are tried first; all that fail, so that a value must fit in each.
    probe: int
    failing: Sequence[int]
    is_full: bool
    is_open: bool
    is_strange: bool

    def may_fit(self, wanted: SolutionValue, state: SiteState) -> bool:
        """Return False if no value that is not strange can take the place of a site's own where that fails."""
        cases = (self.probe, *self.failing)
        return all(may_fit(wanted.values[case], state.values[case]) for case in cases)

    def list(self, wanted: Sequence[Array], own: Sequence[Array]) -> dict[str, "list[Array]"]:
        """Return the layouts of a value in one case."""
        return list_layouts(wanted, own, is_open=self.is_open, is_strange=self.is_strange)


@dataclass
class ValueSearch:
    """A submission's program in its jail, and the solution's values in the same cases."""

    solution: SolutionValues
    program: WrittenProgram
    runner: Runner
    results: Results
    states: list[SiteState] = field(default_factory=list)
    recording: Recording | None = None
    #: By case which results are right, and what they are.
    good: list[Good] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    _used: list[SolutionValue] = field(default_factory=list)
    #: The sites that bore on any result, before or after an injection.
    _borne: set[int] = field(default_factory=set)

    @property
    def _cases(self) -> range:
        return range(len(self.runner.cases))

    # ---- runs

    def trace(self, base: Injections) -> None:
        """Run all cases with some injections in force, and find which sites are right then."""
        for room in ROOMS:
            ran = self.runner.run([Run(case, _of_case(base, case), room) for case in self._cases])
            try:
                self.recording = read_logs([each.log for each in ran], len(self.program.sites), self.runner.work)
                break
            except OverflownError:
                if room == ROOMS[-1]:
                    raise
        self.ran = ran
        self.good = [self.results.judge(case, each) for case, each in zip(self._cases, ran, strict=True)]
        assert self.recording is not None  # noqa: S101 - the last room raises
        self.runner.turns = list(map(max, self.runner.turns or [0] * len(ran), self.recording.count_turns()))
        bears = [state.bears for state in self.states] or [frozenset()] * len(self.program.sites)
        self.states = self._describe(self.recording, bears)

    def _describe(self, recording: Recording, bears: Sequence[frozenset[int]]) -> list[SiteState]:
        """Return what is known of each site by what it takes."""
        states = [
            SiteState(number, site, kept.values, kept.times, kept.first, bears=own)
            for number, (site, kept, own) in enumerate(zip(self.program.sites, recording.sites, bears, strict=True))
        ]
        known = [state for state in states if state.is_known]
        whole = fingerprint_all([state.values for state in known])
        last = fingerprint_all([[values[-1:] for values in state.values] for state in known])
        matches, last_matches = self.solution.find_all(whole), self.solution.find_all(last)
        for state, moments, match, match_last in zip(known, whole, matches, last_matches, strict=True):
            if match >= 0 and are_in_order(state.values, self.solution.values[match].values):
                state.match = match
            state.match_last = match_last
            state.scale = self.solution.find_scale(moments) if state.match < 0 else ""
        return states

    def judge(self, injections: Sequence[Injections]) -> list[Good]:
        """Return for each set of injections the results that are right in every case."""
        count = len(self._cases)
        runs = [Run(case, _of_case(each, case)) for each in injections for case in self._cases]
        ran = self.runner.run(runs)
        good = []
        for start in range(0, len(ran), count):
            by_case = [self.results.judge(case, ran[start + case]) for case in self._cases]
            good.append(tuple(map(all, zip(*by_case, strict=True))))
        return good

    def _keep_full(self, injections: Sequence[Injections], known: int) -> list[Injections]:
        """Return those with which all is right in every case, as it is in a known one."""
        cases = [case for case in self._cases if case != known]
        return keep_right(
            self.runner, self.results, cases, injections, lambda each, case: Run(case, _of_case(each, case))
        )

    @property
    def right(self) -> Good:
        """The results that are right in every case with the injections of the last trace."""
        return tuple(map(all, zip(*self.good, strict=True)))

    def find_bearing(self, base: Injections) -> None:
        """Find the results on which each site bears: in failing cases, and in one that is right if there is any."""
        order = sorted(self._cases, key=lambda case: sum(self.good[case]))
        cases = list(dict.fromkeys([*order[: _BEARING - 1], order[-1]]))
        sites = [state.number for state in self.states if state.is_known and state.number not in base]
        runs = [Run(case, _of_case(base, case), disturbed=site) for site in sites for case in cases]
        ran = iter(self.runner.run(runs))
        for site in sites:
            bears: set[int] = set()
            for case in cases:
                bears |= self.results.find_changed(case, self.ran[case], next(ran))
            self.states[site].bears = frozenset(bears)
            if bears:
                self._borne.add(site)

    # ---- the search

    def find(
        self, base: Injections, *, is_full: bool, is_strange: bool = False, is_shared: bool = False
    ) -> list[Finding]:
        """Return the injections that make more results right and none wrong, beside those in force.

        If they must be full, only sites are tried that bear on every wrong result. If `is_shared`, these must bear on a
        right one as well, and otherwise on none: what counts or compares may be right by a wrong value.
        """
        failing = [case for case in self._cases if not all(self.good[case])]
        if not failing:
            return []
        raised = [case for case in failing if self._raised(case) >= 0]
        probe = raised[0] if raised else failing[0]
        around = self._list_around(raised)
        found: list[Finding] = []
        first: Finding | None = None
        scaled = {state.scale for state in self.states if state.site.kind != "load"} - {""}
        candidates = [*enumerate(self.solution.values)]
        if not is_strange:
            candidates += [(-1, value) for value in self.solution.list_scaled(sorted(scaled))]
        for state in self._order(around):
            is_open = state.number in around
            if state.number in base or not (is_open or self._may_be_wrong(state, is_full=is_full, is_shared=is_shared)):
                continue
            if is_open and (is_strange or (state.site.kind == "load" and state.is_right)):
                # In a site that raised, any size was tried already; what it reads is right.
                continue
            if first is not None and not self._is_begun(state) and (state.is_right or state.first >= first.time):
                continue
            ways = _Ways(candidates, probe, failing, is_full=is_full, is_open=is_open, is_strange=is_strange)
            for finding in self._try(state, ways, base):
                found.append(finding)
                if finding.is_full and not finding.is_right and (first is None or finding.time < first.time):
                    first = finding
        return found

    def _may_be_wrong(self, state: SiteState, *, is_full: bool, is_shared: bool) -> bool:
        right = {unit for unit, is_right in enumerate(self.right) if is_right}
        wrong = set(range(len(self.right))) - right
        if not state.is_known or not state.bears or self._starts_with_nothing(state):
            return False
        return bool(state.bears & right) == is_shared and (state.bears >= wrong or not is_full)

    def _starts_with_nothing(self, state: SiteState) -> bool:
        """Return True for the zeros to which others add: with the right start any sum could be made right."""
        return self.program.statements[state.site.statement].starts and not any(
            array.any() for values in state.values for array in values
        )

    def _order(self, around: Sequence[int]) -> list[SiteState]:
        """Return the sites that are tried: those around what raised, then those not right, the earliest first."""
        others = sorted(
            (state for state in self.states if state.number not in around and state.is_known),
            key=lambda state: (state.is_right, state.first),
        )
        return [*(self.states[number] for number in around), *others]

    def _list_around(self, raised: Sequence[int]) -> list[int]:
        """Return the sites of the statements that raised, from the inside out."""
        around: list[int] = []
        for number in dict.fromkeys(self._raised(case) for case in raised):
            place = number
            while place >= 0:
                if self.program.sites[place].kind != "load":
                    around.append(place)
                place = self.program.sites[place].parent
            statement = self.program.sites[number].statement
            around += [
                other
                for kind in ("written", "load")
                for other, site in enumerate(self.program.sites)
                if site.statement == statement and site.kind == kind
            ]
        return list(dict.fromkeys(around))

    def _raised(self, case: int) -> int:
        assert self.recording is not None  # noqa: S101 - it was traced
        return self.recording.raised[case]

    def _is_begun(self, state: SiteState) -> bool:
        """Return True if a statement only gives a value another name, or has a part of what a solution's computes."""
        if not (state.site.root and self.program.statements[state.site.statement].names):
            return False
        return state.site.kind == "load" or bool(self._list_wholes(state))

    def _list_wholes(self, state: SiteState) -> list[int]:
        """Return the sites of the solution's of whose expressions a site's value is a part."""
        if state.match < 0:
            return []
        sites, wholes = self.solution.program.sites, []
        number = sites[self.solution.values[state.match].site].parent
        while number >= 0:
            wholes.append(number)
            number = sites[number].parent
        return wholes

    def _begins(self, finding: Finding) -> bool:
        """Return True if what was found is missing in a statement whose value is right as far as it goes."""
        state = self.states[finding.site]
        if not (finding.is_right and self._is_begun(state)):
            return False
        return state.site.kind == "load" or finding.wanted.site in self._list_wholes(state)

    def _try(self, state: SiteState, ways: "_Ways", base: Injections) -> Iterator[Finding]:
        """Yield the findings of one site: of values that make more right in one case those that do in all."""
        probe = ways.probe
        tried: list[tuple[SolutionValue, str, bool]] = []
        ran = self.runner.run(self._list_runs(state, ways, _of_case(base, probe), tried))
        start, before = self.good[probe], self.right
        hopeful: list[_Hopeful] = []
        for (wanted, name, is_new), each in zip(tried, ran, strict=True):
            good = self.results.judge(probe, each)
            if _is_better(good, start) and (all(good) or not ways.is_full):
                self.runner.work.take(arrays=sum(map(len, state.values)), numbers=_count_numbers(state.values))
                given: Given = [
                    _choose(ways.list(theirs, own), name, own)
                    for theirs, own in zip(wanted.values, state.values, strict=True)
                ]
                hopeful.append((wanted, name, is_new, {**base, state.number: given}))
        if ways.is_full:
            hopeful = self._keep_hopeful(hopeful, ways)
            goods = [(True,) * len(before)] * len(hopeful)
        else:
            goods = self.judge([injection for _, _, _, injection in hopeful])
        for (wanted, name, is_new, injection), good in zip(hopeful, goods, strict=True):
            if not _is_better(good, before):
                continue
            given = injection[state.number]
            is_right = state.is_right
            if all(good) and not is_right:
                is_right = self._is_right_under(state.number, injection, wanted.scale)
            yield Finding(
                state.number,
                wanted,
                name,
                given,
                self._blame(state, given, is_right=is_right),
                is_right,
                _find_deviation(state, given),
                good,
                is_new,
                ways.is_open,
            )

    def _keep_hopeful(self, hopeful: Sequence[_Hopeful], ways: "_Ways") -> list[_Hopeful]:
        """Return those with which all is right in every case; of values for what raised the first few that differ."""
        kept: list[_Hopeful] = []
        at_once = MOST_OPEN if ways.is_open else max(1, len(hopeful))
        for start in range(0, len(hopeful), at_once):
            some = hopeful[start : start + at_once]
            full = self._keep_full([each[-1] for each in some], ways.probe)
            kept += [each for each in some if any(each[-1] is injection for injection in full)]
            if ways.is_open and len({wanted for wanted, *_ in kept}) >= MOST_OPEN:
                break
        return kept

    def _list_runs(
        self,
        state: SiteState,
        ways: "_Ways",
        held: Mapping[int, Sequence[Array]],
        tried: list[tuple[SolutionValue, str, bool]],
    ) -> Iterator[Run]:
        """Yield the runs of one case with each value in a site's place, and list what they try."""
        occurring = {each for other in self.states for each in (other.match, other.match_last)}
        own = state.values[ways.probe]
        for number, wanted in ways.candidates:
            theirs = wanted.values[ways.probe]
            self.runner.work.take(turns=1)
            if (number >= 0 and number == state.match and not ways.is_strange) or not theirs:
                continue
            if not (ways.is_open or ways.is_strange or ways.may_fit(wanted, state)):
                continue
            self.runner.work.take(arrays=len(own) + len(theirs))
            for name, arrays in ways.list(theirs, own).items():
                tried.append((wanted, name, number < 0 or number not in occurring))
                yield Run(ways.probe, {**held, state.number: arrays})

    def find_raw(self, sites: Sequence[int], injection: Injections) -> list[Given]:
        """Return what some sites' own expressions have while values are in force; raises OverflownError."""
        runs = [Run(case, _of_case(injection, case), ROOMS[0], tuple(sites), raw=True) for case in self._cases]
        logs = [each.log for each in self.runner.run(runs)]
        raws = read_logs(logs, len(self.program.sites), self.runner.work).raws
        return [raws[site] for site in sites]

    def _is_right_under(self, site: int, injection: Injections, scale: str) -> bool:
        """Return True if a site's own expression is right once the injection has repaired what comes before it."""
        try:
            (raws,) = self.find_raw([site], injection)
        except OverflownError:
            return False
        moments = fingerprint(raws)
        return self.solution.find(moments) >= 0 or (scale != "" and self.solution.find_scale(moments) == scale)

    def _blame(self, state: SiteState, given: Given, *, is_right: bool) -> int:
        """Return the statement that is wrong: of a variable that is wrong where it is read the one that wrote it.

        Of several that write it that is the last one that ran before the variable's first wrong value was read.
        """
        if is_right or not state.site.variable or state.match >= 0 or state.match_last >= 0 or state.site.writer < 0:
            return state.site.statement
        time, case = min(_list_deviations(state, given), default=(np.inf, 0))
        ran = {writer: self._find_last_time(writer, case, time) for writer in reversed(state.site.writers)}
        return max(ran, key=ran.__getitem__) if max(ran.values()) >= 0 else state.site.writer

    def _find_last_time(self, statement: int, case: int, end: float) -> int:
        """Return when a statement had its last value before another time; -1 if it had none."""
        own = (state for state in self.states if state.site.statement == statement)
        return max((time for state in own for time in state.times[case] if time < end), default=-1)

    def list_computing(self, number: int) -> Iterator[frozenset[int]]:
        """Yield the lines of the solution that compute the value of a site, then those of each site around it.

        What reads a value computes nothing, unless it is all that a statement does. A copy corresponds to a copy.
        """
        while number >= 0:
            state = self.states[number]
            around = self.list_around(state.site.parent)
            whole = self.program.statements[state.site.statement]
            is_handed_on = bool(around) or whole.returns or whole.names
            is_all = state.site.root or (is_handed_on and not any(self.states[other].is_known for other in around))
            match = state.match if state.match >= 0 else self._find_all_but_one(state)
            if match >= 0 and (state.site.kind != "load" or is_all):
                own, theirs = self.solution.values[match].sites, self.solution.program
                equal = dict.fromkeys(own, 0)
                is_copy = _is_copy(self.program, number, {other.number: other.match for other in self.states})
                # A transpose within a statement is one of the solution's, and not what that is of.
                if is_copy and not is_all:
                    own = [site for site in own if theirs.sites[site].kind == "computed"] or own
                else:
                    own = [site for site in own if theirs.sites[site].root] or own
                own = [site for site in own if _is_copy(theirs, site, equal) == is_copy] or own
                yield self._list_lines_with(own)
            number = state.site.parent

    def _list_lines_with(self, sites: Sequence[int]) -> frozenset[int]:
        theirs = self.solution.program
        return frozenset(theirs.statements[theirs.sites[site].statement].spot[1] for site in sites)

    def list_written(self, statement: int) -> Iterator[frozenset[int]]:
        """Yield the lines of the solution that write what a statement has written in the end, or else compute it."""
        theirs = self.solution.program.sites
        for state in self.states:
            if state.site.statement == statement and state.site.kind == "written" and state.match_last >= 0:
                own = self.solution.values[state.match_last].sites
                yield self._list_lines_with([site for site in own if theirs[site].kind == "written"] or own)

    def _find_all_but_one(self, state: SiteState) -> int:
        """Return the value of the solution's that a site has, but for a turn of its loop; -1 if it has none."""
        if not any(len(values) > 1 for values in state.values):
            return -1
        cut = ([values[part] for values in state.values] for part in (slice(0, -1), slice(1, None)))
        return max(self.solution.find(fingerprint(values)) for values in cut)

    def reads_right_values(self, statement: int) -> bool:
        """Return True if all that a statement reads has values of the solution's, or is an input."""
        return all(map(self.is_site_right, self._list_loads(statement)))

    def has(self, number: int, wanted: SolutionValue) -> bool:
        """Return True if a site has a value of the solution's."""
        match = self.states[number].match
        return match >= 0 and self.solution.values[match] is wanted

    def is_copy(self, finding: Finding) -> bool:
        """Return True if all that the statement of a finding does is to copy what was found."""
        site = self.program.sites[finding.site]
        return site.kind == "load" and site.root and site.statement == finding.statement

    def is_site_right(self, number: int) -> bool:
        """Return True if a site has a value of the solution's, or one that is right but for a scale, or an input."""
        state = self.states[number]
        return state.match >= 0 or state.match_last >= 0 or state.scale != "" or self._are_inputs(state.values)

    def reads_enough(self, finding: Finding) -> bool:
        """Return True if what a finding needs can be computed, as the solution does, of what its statement reads."""
        read = [self.states[number] for number in self._list_loads(finding.statement)]
        return self._can_compute(finding.wanted, read, _DEEPEST)

    def _can_compute(self, wanted: SolutionValue, read: Sequence[SiteState], depth: int) -> bool:
        theirs = self.solution.program.sites
        computed = [value for value in self.solution.values if any(theirs[n].kind != "load" for n in value.sites)]
        if wanted not in computed:
            # In fewer turns of a loop it is read than it is computed.
            wanted = next((value for value in computed if begins(wanted.values, value.values)), wanted)
        statements = {theirs[site].statement for site in wanted.sites if theirs[site].kind != "load"}
        # Of an entry the whole is no value that is needed.
        loads = {
            number
            for number, site in enumerate(theirs)
            if site.statement in statements and site.kind == "load"
            if site.parent < 0 or theirs[site.parent].kind != "load"
        }
        needed = [value for value in self.solution.values if not loads.isdisjoint(value.sites)]
        return bool(needed) and all(self._is_at_hand(value, read, depth) for value in needed)

    def _is_at_hand(self, value: SolutionValue, read: Sequence[SiteState], depth: int) -> bool:
        """Return True if a value is read, if only in the first turns of a loop, or is an input, or can be computed."""
        if self._are_inputs(value.values) or any(begins(state.values, value.values) for state in read):
            return True
        return depth > 0 and self._can_compute(value, read, depth - 1)

    def reads_other_places(self, statement: int) -> bool:
        """Return True if a statement reads numbers of the solution's that stand at other places of their array."""
        read = [self.states[number] for number in self._list_loads(statement)]
        return any(
            are_in_other_places(state.values, self.solution.values[state.match].values)
            for state in read
            if state.match >= 0
        )

    def list_unknown(self, statement: int) -> set[int]:
        """Return the statements that write what another one reads and has no numbers of its own, such as a size."""
        loads = (state for state in self.states if state.site.statement == statement and not state.is_known)
        return {state.site.writer for state in loads if state.site.variable and state.site.writer >= 0}

    def is_read_right(self, finding: Finding) -> bool:
        """Return True if all is right that the statement of a finding reads, with the injections of the last trace.

        What reads no variable reads nothing wrong. What a statement adds to may be wrong where their sum is.
        """
        is_sum = self.states[finding.site].site.kind == "written" and self.program.statements[finding.statement].adds
        if is_sum and not finding.is_right:
            return False
        around = self.list_around(finding.site)
        loads = [s for s in self.states if s.site.statement == finding.statement and s.site.kind == "load"]
        read = [state for state in loads if state.is_known and state.number not in around]
        if not read:
            return not any(state.site.variable for state in loads)
        return all(self.is_site_right(state.number) for state in read)

    def _are_inputs(self, values: Sequence[Sequence[Array]]) -> bool:
        """Return True if all values are inputs of their cases, or entries of these."""
        return all(
            (value.shape, value.tobytes()) in inputs
            for inputs, own in zip(self._inputs, values, strict=True)
            for value in own
        )

    @cached_property
    def _inputs(self) -> list[set[tuple[tuple[int, ...], bytes]]]:
        """By case the arrays among its inputs, and their entries, by shape and octets."""
        return [
            {(array.shape, array.tobytes()) for array in _list_arrays(case.values())}
            for case in self.runner.cases.drawn
        ]

    def list_around(self, number: int) -> list[int]:
        """Return a site and those around it."""
        around = []
        while number >= 0:
            around.append(number)
            number = self.program.sites[number].parent
        return around

    def list_bearing(self) -> list[int]:
        """Return the statements that bear on results that are wrong, and on no others."""
        right = {unit for unit, is_right in enumerate(self.right) if is_right}
        bearing = {state.site.statement for state in self.states if state.bears - right}
        return sorted(bearing - {state.site.statement for state in self.states if state.bears & right})

    def list_shown(self, found: Sequence[Finding]) -> frozenset[int]:
        """Return the lines of the solution whose whole values other sites have than injected ones.

        Results need each of them, or what was injected does.
        """
        theirs, injected = self.solution.program, {finding.site for finding in found}
        needed = self._list_read({finding.wanted.site for finding in found})
        sites = [
            site
            for state in self.states
            if state.match >= 0 and state.number not in injected
            if state.number in self._borne or state.match in needed
            for site in self.solution.values[state.match].sites
            if theirs.sites[site].root or theirs.sites[site].kind == "written"
        ]
        return frozenset(theirs.statements[theirs.sites[site].statement].spot[1] for site in sites)

    def list_root_lines(self, values: Iterable[SolutionValue]) -> frozenset[int]:
        """Return the lines of the solution that compute some of its values as a whole."""
        theirs = self.solution.program
        roots = (theirs.sites[site] for value in values for site in value.sites if theirs.sites[site].root)
        return frozenset(theirs.statements[root.statement].spot[1] for root in roots)

    def _list_read(self, sites: Collection[int]) -> set[int]:
        """Return the values of the solution's that the statements of some of its sites read."""
        theirs = self.solution.program.sites
        statements = {theirs[site].statement for site in sites}
        read = {n for n, site in enumerate(theirs) if site.statement in statements and site.kind == "load"}
        return {
            n for n, value in enumerate(self.solution.values) if not read.isdisjoint(self.solution.list_like(value))
        }

    def list_lines_of_result(self, statement: int, wrong: set[int]) -> frozenset[int]:
        """Return the lines of the solution that compute the wrong results on which a statement bears: of the first.

        What has no numbers may bear on any.
        """
        sites = [state.number for state in self.states if state.site.statement == statement and state.is_known]
        runs = [Run(case, disturbed=site) for site in sites for case in self._cases[:_BEARING]]
        bears: set[int] = set()
        for run, after in zip(runs, self.runner.run(runs), strict=True):
            bears |= self.results.find_changed_results(run.case, self.ran[run.case], after)
        concerned = sorted((bears & wrong) or wrong)
        computing = filter(None, map(self._list_lines_of, concerned))
        return min(computing, key=min, default=frozenset())

    def _list_lines_of(self, result: int) -> frozenset[int]:
        """Return the lines of the solution whose statements compute a result, or write what has it.

        Where it computes the arrays of a list at several places, it is the last one that computes the last array.
        """
        cases, starts, theirs = self.runner.cases, self.runner.cases.starts, self.solution.program
        whole = [
            [cases.expected[starts[case] : starts[case + 1]][part] for part in parts.get(result, ())]
            for case, parts in enumerate(self.results.parts)
        ]
        for wanted in (whole, [arrays[-1:] for arrays in whole]):
            found = self.solution.find_expected(fingerprint(wanted))
            own = [theirs.sites[site] for site in (self.solution.values[found].sites if found >= 0 else ())]
            roots = [site.statement for site in own if site.root] or [site.writer for site in own if site.writer >= 0]
            lines = {theirs.statements[root].spot[1] for root in roots}
            if lines:
                return frozenset(lines if wanted is whole else {max(lines)})
        return frozenset()

    # ---- the choice

    def choose(self, found: Sequence[Finding]) -> Finding:
        """Return the finding that repairs most; of these one whose site is not right, the earliest, what computes."""
        best = max(sum(finding.good) for finding in found)
        found = [finding for finding in found if sum(finding.good) == best]
        wrong = [finding for finding in found if not finding.is_right]
        begun = [finding for finding in found if self._begins(finding)]
        if wrong:
            first = min(wrong, key=lambda finding: (finding.time, self.states[finding.site].first))
            before = [finding for finding in begun if finding.time < first.time]
            first = max(before, key=lambda finding: finding.time) if before else first
        else:
            twice = [finding for finding in found if self._is_computed_twice(finding)]
            copied = [finding for finding in begun if self.states[finding.site].site.kind == "load"]
            computed = [finding for finding in found if self._is_computed(finding)]
            # What lacks something lacks it where a value only gets another name, else where it is computed.
            first = (max if copied or not computed else min)(
                copied or computed or begun or twice or found, key=lambda finding: self.states[finding.site].first
            )
        statement = self.program.sites[first.site].statement
        same = [
            finding
            for finding in found
            if self.program.sites[finding.site].statement == statement and finding.is_right == first.is_right
        ]
        return min(
            same,
            key=lambda finding: (
                _KINDS.index(self.program.sites[finding.site].kind),
                not finding.is_new,
                self.states[finding.site].first,
            ),
        )

    def _is_computed(self, finding: Finding) -> bool:
        """Return True if a site has a value that the solution computes, and reads from no variable before."""
        match = self.states[finding.site].match
        if match < 0:
            return False
        sites = [
            (self.solution.program.sites[site], self.solution.recording.sites[site].first)
            for site in self.solution.values[match].sites
        ]
        return min(sites, key=lambda each: each[1])[0].kind == "computed"

    def _is_computed_twice(self, finding: Finding) -> bool:
        own = self.states[finding.site]
        return own.site.kind == "computed" and any(
            state.match == own.match >= 0
            and state.site.kind == "computed"
            and state.site.statement != own.site.statement
            for state in self.states
        )

    def push_down(self, finding: Finding, base: Injections) -> Finding:
        """Return a finding moved to where its value is computed: an operand of which the other is right, a `return`."""
        if finding.is_right:
            return finding
        self.trace({**base, finding.site: finding.given})
        right = {state.number for state in self.states if state.match >= 0 or state.scale}
        self.trace(base)
        moved: Finding | None = finding
        # A variable of a loop may be written with what reads it.
        visited: set[int] = set()
        while moved is not None and moved.site not in visited:
            finding = moved
            visited.add(finding.site)
            moved = (
                self._move_into_operand(finding, base, right)
                or self._move_to_writer(finding, base)
                or self._move_to_return(finding, base)
            )
        return finding

    def _move_into_operand(self, finding: Finding, base: Injections, right: set[int]) -> Finding | None:
        site = self.program.sites[finding.site]
        if site.kind != "computed" or not site.operator:
            return None
        for place, operand in enumerate(site.operands):
            other = site.operands[1 - place]
            if operand.site < 0 or operand.site in right or operand.site in base:
                continue
            state = self.states[operand.site]
            if not state.is_known:
                continue
            others = self.states[other.site].values if other.site >= 0 else None
            if others is not None and any(others):
                if other.site not in right:
                    continue
            elif other.constant is None:
                continue
            given = solve(Operation(site.operator, place, others, other.constant), finding.given, state.values)
            if given is None:
                continue
            (good,) = self.judge([{**base, operand.site: given}])
            if good == finding.good:
                return replace(
                    finding,
                    site=operand.site,
                    given=given,
                    statement=self._blame(state, given, is_right=False),
                    is_new=True,
                    time=_find_deviation(state, given),
                    origin=finding.origin or finding,
                )
        return None

    def _move_to_writer(self, finding: Finding, base: Injections) -> Finding | None:
        """Return the finding of what a variable was written with."""
        site = self.program.sites[finding.site]
        if not site.variable or finding.statement == site.statement:
            return None
        root = self.program.statements[finding.statement].root
        if root < 0 or root in base or root == finding.site:
            return None
        state = self.states[root]
        own = zip(state.values, state.times, self.states[finding.site].times, finding.given, strict=True)
        return self._move(finding, base, state, [_list_read_next(*case) for case in own])

    def _move_to_return(self, finding: Finding, base: Injections) -> Finding | None:
        """Return the finding of what a function of the submission returned for it, if that reads nothing wrong then."""
        number = self.find_return(finding)
        root = self.program.statements[number].root
        if number < 0 or root in base:
            return None
        moved = self._move(finding, base, self.states[root], finding.given)
        self.trace({**base, finding.site: finding.given})
        is_right = self.reads_right_values(number)
        self.trace(base)
        return replace(moved, statement=number) if moved is not None and is_right else None

    def find_return(self, finding: Finding) -> int:
        """Return the statement that returned, in another function, what a finding's site has; -1 if none did."""
        outer = self.states[finding.site]
        if outer.site.kind != "computed":
            return -1
        roots = [statement.root for statement in self.program.statements if statement.returns and statement.root >= 0]
        inner = (self.states[root] for root in roots if root != outer.number)
        passed = [state for state in inner if _are_passed_on(state, outer)]
        # What one function hands on to the next may pass through several: the last has it last.
        last = max(passed, key=lambda state: state.times, default=None)
        return -1 if last is None else last.site.statement

    def _list_loads(self, statement: int) -> list[int]:
        """Return the sites that a statement reads."""
        own = (state for state in self.states if state.site.statement == statement and state.site.kind == "load")
        return [state.number for state in own if state.is_known]

    def _move(self, finding: Finding, base: Injections, state: SiteState, given: Given) -> Finding | None:
        """Return a finding with values in another site's place; None if less is right then."""
        (good,) = self.judge([{**base, state.number: given}])
        if sum(good) < sum(finding.good):
            return None
        return replace(
            finding,
            site=state.number,
            given=given,
            good=good,
            is_new=True,
            time=_find_deviation(state, given),
            origin=finding.origin or finding,
        )

    def keep_likely(self, found: Sequence[Finding], base: Injections) -> list[Finding]:
        """Return of partial repairs those with which most sites become right."""
        most = max(sum(finding.good) for finding in found)
        best = [finding for finding in found if sum(finding.good) == most][:_PARTIAL]
        if len(best) == 1:
            return best
        counts = []
        for finding in best:
            self.trace({**base, finding.site: finding.given})
            counts.append(sum(state.match >= 0 for state in self.states))
        self.trace(base)
        return [finding for finding, count in zip(best, counts, strict=True) if count >= max(counts) - 1]

    def step_over(self, base: Injections) -> Finding | None:
        """Return the value with which a statement that raises gets furthest; None if none raises.

        It is that whose statement in the solution reads the same operands.
        """
        raising = sorted({self._raised(case) for case in self._cases} - {-1} - base.keys())
        if not raising:
            return None
        statement = self.program.sites[raising[0]].statement
        root = self.program.statements[statement].root
        root = raising[0] if root < 0 else root
        if root in base:
            return None
        options = self._list_alike(statement)[:_PARTIAL]
        best: tuple[tuple[int, float, int], Finding] | None = None
        for overlap, wanted in options:
            for turn in (1, -1) if max(map(len, wanted.values)) > 1 else (1,):
                given = [list(case[::turn]) for case in wanted.values]
                self.trace({**base, root: given})
                now = {self.program.sites[site].statement for case in self._cases if (site := self._raised(case)) >= 0}
                if statement in now:
                    continue
                right = sum(state.match >= 0 for state in self.states if state.number not in {root, *base})
                key = (sum(self.right), overlap, right)
                if best is None or key > best[0]:
                    layout = "as it is" if turn > 0 else "reversed"
                    found = Finding(
                        root,
                        wanted,
                        layout,
                        given,
                        statement,
                        is_right=False,
                        time=np.inf,
                        good=self.right,
                        is_new=True,
                    )
                    best = key, found
        self.trace(base)
        if best is None:
            return None
        self._used.append(best[1].wanted)
        return best[1]

    def _list_alike(self, statement: int) -> list[tuple[float, SolutionValue]]:
        """Return the values of the solution's statements, those first that read the same operands as one of its own."""
        solution = self.solution
        theirs = solution.recording.sites
        mine: set[int] = set()
        for state in self.states:
            if state.site.statement == statement and state.site.kind != "written" and state.is_known:
                mine |= {place for place, other in enumerate(theirs) if begins(state.values, other.values)}
        options = []
        for wanted in solution.values:
            if not (wanted.is_whole and any(wanted.values)) or wanted in self._used:
                continue
            for number in wanted.sites:
                site = solution.program.sites[number]
                read = {
                    place
                    for place, other in enumerate(solution.program.sites)
                    if other.statement == site.statement and other.kind != "written" and place != number
                }
                if site.root:
                    options.append((len(read & mine) / (1 + len(read)), wanted))
        return sorted(options, key=lambda option: -option[0])


def _list_arrays(value: Any) -> Iterator[Array]:
    """Yield the arrays in a value."""
    if isinstance(value, (np.ndarray, float)):
        yield np.asarray(value, float)
    elif isinstance(value, (list, tuple, Mapping)):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _list_arrays(part)


def _list_read_next(
    written: Sequence[Array], times: Sequence[int], read: Sequence[int], given: Sequence[Array]
) -> list[Array]:
    """Return for each value that is written the given one that is read before the next; its own if none is."""
    spans = zip(written, times, [*times[1:], np.inf], strict=False)
    return [
        next((array for time, array in zip(read, given, strict=False) if start < time < end), own)
        for own, start, end in spans
    ]


def _are_passed_on(inner: SiteState, outer: SiteState) -> bool:
    """Return True if a site has each value of another one right after that has it."""
    if [len(values) for values in inner.values] != [len(values) for values in outer.values]:
        return False
    for own, others in zip(inner.times, outer.times, strict=True):
        before = [-1, *others[:-1]]
        if not all(start < time < end for start, time, end in zip(before, own, others, strict=False)):
            return False
    pairs = (pair for case in zip(inner.values, outer.values, strict=True) for pair in zip(*case, strict=True))
    return inner.is_known and all(np.array_equal(first, second, equal_nan=True) for first, second in pairs)


def _is_copy(program: WrittenProgram, number: int, values: Mapping[int, int]) -> bool:
    """Return True if a site has the value of a site inside of it, or only reads one; `values` are known by site."""
    if program.sites[number].kind == "load":
        return True
    return any(
        values.get(place, -1) == values.get(number)
        for place, site in enumerate(program.sites)
        if site.parent == number or (site.parent >= 0 and program.sites[site.parent].parent == number)
    )


def _of_case(base: Injections, case: int) -> dict[int, Sequence[Array]]:
    return {site: given[case] for site, given in base.items()}


def _is_better(after: Good, before: Good) -> bool:
    return any(b and not a for a, b in zip(before, after, strict=True)) and not any(
        a and not b for a, b in zip(before, after, strict=True)
    )


def _list_all_layouts(wanted: Sequence[Array], own: Sequence[Array]) -> dict[str, list[Array]]:
    strange = list_layouts(wanted, own, is_strange=True)
    return {**list_layouts(wanted, own, is_open=True), **strange, **list_layouts(wanted, own)}


def _choose(layouts: Mapping[str, list[Array]], name: str, own: Sequence[Array]) -> Sequence[Array]:
    return layouts.get(name) or next(iter(layouts.values()), own)


def _count_numbers(values: Given) -> int:
    return sum(array.size for case in values for array in case)


def _find_deviation(state: SiteState, given: Given) -> float:
    """Return the first time at which a site has another value than the given one."""
    return min((time for time, _ in _list_deviations(state, given)), default=np.inf)


def _list_deviations(state: SiteState, given: Given) -> Iterator[tuple[float, int]]:
    """Yield the first time at which a site has another value than the given one, with each case that has any."""
    for case, (values, times, new) in enumerate(zip(state.values, state.times, given, strict=True)):
        pairs = list(zip(values, new, strict=False))
        shapes = [value.shape == other.shape for value, other in pairs]
        count = shapes.index(False) if False in shapes else len(pairs)
        differing = np.flatnonzero(find_differing(values[:count], new[:count]))
        place = int(differing[0]) if len(differing) else count
        if place < len(pairs):
            yield float(times[place]), case
