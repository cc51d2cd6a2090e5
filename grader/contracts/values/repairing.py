"""Which lines of a wrong submission must change: found by values, named by edits, believed in a fresh jail."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import gt
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Raised
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.rows.agreement import disagreeing
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.contracts.values.choosing import choose_cases
from backmark.grader.contracts.values.program import (
    ROOMS,
    SITED,
    ProgramExchange,
    Programs,
    Results,
    Run,
    Runner,
    keep_right,
)
from backmark.grader.contracts.values.recording import OverflownError, read_logs
from backmark.grader.contracts.values.search import MOST_OPEN, Finding, ValueSearch
from backmark.grader.contracts.values.solution import SolutionValues
from backmark.grader.contracts.values.template import (
    find_hidden,
    find_unfilled,
    find_wrong_beside_right,
    is_meant,
    is_of_another,
)
from backmark.grader.contracts.values.work import OutOfWorkError, Work
from backmark.grader.contracts.values.written import WrittenEdit, WrittenProgram
from backmark.grader.errors import CandidateError, TimedOut
from backmark.grader.model.slip import SlipKind

#: Work of one submission's programs in its searches, and with its edits; searches, each with the case that has refuted
#: the one before; findings; cases of a search.
_SEARCHED, _EDITED, _SEARCHES, _FINDINGS, _FEWEST = 20_000, 12_000, 3, 3, 4
#: The edits of statements: of what steers the program and unpacks, of any part, and those that add something.
STEERING, SMALL, LARGE = "steering", "small", "large"
#: Edits that are tried at once.
_AT_ONCE = 150
#: Statements whose edits are tried, and edits of these that are traced.
_STATEMENTS, _TRACED = 6, 4


class RefutedError(Exception):
    """What was found is wrong on a case, at this place."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class NothingFoundError(Exception):
    """Nothing can be said of which lines are wrong."""


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A statement that must change: where it stands, and the edit of it that does, if one is known.

    Without an edit it may be one of several statements, of which none is known to be right.
    """

    spots: tuple[tuple[int, int], ...]
    edit: WrittenEdit | None
    #: The lines of the solution's statements that compute what it must, those of the innermost expression around the
    #: edit for which there are any first, each with the ones around it behind; empty if none is known.
    computing: tuple[frozenset[int], ...] = ()
    #: Without an edit the lines of the solution whose values the submission computes itself, and needs.
    shown: frozenset[int] = frozenset()
    #: True if the line still is the template's; if it raises, and any value in its place would do.
    is_unfilled: bool = False
    is_idle: bool = False
    #: True if the submission lacks the line, which stood beside its spot; if it is a placeholder of the student's own.
    is_missing: bool = False
    is_placeholder: bool = False
    #: True if it is the header of a loop.
    is_header: bool = False
    #: True if its edit is of what steers the submission, which has no row of its own.
    is_steering: bool = False


@dataclass(frozen=True, slots=True)
class _Named:
    """A statement that must change, with the edit that does: its place among those of its statement."""

    statement: int
    edit: WrittenEdit | None = None
    place: int = 0
    #: The edits among which it is.
    kind: str = ""


@dataclass(frozen=True, slots=True)
class _TracedEdit:
    """An edit in force: the lines of the solution that compute the same, from the inside out."""

    computing: tuple[frozenset[int], ...] = ()
    #: True if what it changes has a value of the solution's; if what its statement has written in the end has; if all
    #: that this reads has.
    computes: bool = False
    writes: bool = False
    reads: bool = False


def _list_made(named: Sequence[_Named]) -> list[list[int | str]]:
    return [[each.statement, each.kind, each.place] for each in named]


def _list_places(program: WrittenProgram) -> list[tuple[int, int]]:
    """Return of each site its statement, and its place among the sites of that."""
    counts: Counter[int] = Counter()
    places = []
    for site in program.sites:
        places.append((site.statement, counts[site.statement]))
        counts[site.statement] += 1
    return places


def list_raised(answers: Sequence[Answer]) -> frozenset[tuple[int, int]]:
    """Return the lines at which a submission raised, by cell and number."""
    frames = (line for answer in answers if isinstance(answer, Raised) for line in answer.frames)
    return frozenset((line.cell or 0, line.line) for line in frames)


@dataclass
class ValueRepairer:
    """The part of a contract that finds the wrong lines of submissions by their values."""

    assignment: ContractAssignment
    cases: ContractCases
    #: The places of the cases, from the smallest to the largest.
    order: Sequence[int]
    #: The exchange of any submission.
    plain: ContractExchange
    #: False if the submission answers the same question in different ways.
    repeats: bool = True

    def repair(self, programs: Programs, failing: Sequence[int], answers: Sequence[Answer]) -> tuple[WrongLine, ...]:
        """Return the statements that must change, none if nothing can be said; raises TimedOut."""
        try:
            return self._search(programs, failing, answers)
        finally:
            programs.close()

    def _search(self, programs: Programs, failing: Sequence[int], answers: Sequence[Answer]) -> tuple[WrongLine, ...]:
        left, edited = Work(_SEARCHED), Work(_EDITED)
        places: Sequence[int] = ()
        for _ in range(_SEARCHES):
            try:
                places = places or self._choose_cases(programs, failing)
                return _LineSearch(self, programs, places, answers, left, edited).find()
            except RefutedError as error:
                places = [error.place, *(place for place in places if place != error.place)]
            except (NothingFoundError, OutOfWorkError, OverflownError):
                return ()
            except TimedOut:
                raise
            except CandidateError:
                # What ended it says nothing of its lines.
                return ()
        return ()

    def _choose_cases(self, programs: Programs, failing: Sequence[int]) -> list[int]:
        """Return the cases of the first search, of those in which the solution's values are known."""
        recorded = programs.record_solution(self.exchange, self.cases, self.order)
        return choose_cases(self.cases, [place for place in self.order if place in recorded.logs], failing)

    @cached_property
    def exchange(self) -> ProgramExchange:
        """The exchange with programs that have sites or edits."""
        return ProgramExchange.of(self.assignment, self.cases)


@dataclass
class _LineSearch:
    """One search, on some of the cases."""

    repairer: ValueRepairer
    programs: Programs
    places: Sequence[int]
    answers: Sequence[Answer]
    left: Work
    edited: Work
    #: The full repairs by other statements than the one that was found; the statements whose own values are wrong.
    others: list[int] = field(default_factory=list)
    suspects: frozenset[int] = frozenset()
    #: The full repairs in other statements than the last one that was found, which may be wrong instead of it.
    rivals: list[Finding] = field(default_factory=list)
    last: int = -1
    #: The statements that bear on results that are wrong, and on no others.
    bearing: Sequence[int] = ()
    #: The statement that returns what the last one that was found hands on; -1 for none.
    inner: int = -1
    #: The statements of the template that are not filled in, and those of which a repair hides that they are wrong.
    unfilled: list[int] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    #: The statements that raise, and on whose values nothing depends.
    idle: list[int] = field(default_factory=list)
    #: The findings whose statements read nothing wrong, so that they are wrong themselves.
    certain: list[Finding] = field(default_factory=list)
    #: By statement that was found wrong those that pass on what it writes, as it is: they may be wrong instead.
    returning: dict[int, list[int]] = field(default_factory=dict)
    #: By statement what the solution computes where its value was put; what the submission computes itself.
    computing: dict[int, tuple[frozenset[int], ...]] = field(default_factory=dict)
    shown: frozenset[int] = frozenset()
    #: By case the turns of sites that a run has.
    turns: Sequence[int] = ()
    _cases: ContractCases | None = None
    #: What is known of edits that were traced.
    _traced: dict[tuple[_Named, ...], list[_TracedEdit]] = field(default_factory=dict)

    @property
    def cases(self) -> ContractCases:
        """The cases of the search."""
        if self._cases is None or len(self._cases) != len(self.places):
            self._cases = self.repairer.cases.take(self.places)
        return self._cases

    @cached_property
    def program(self) -> WrittenProgram:
        """The submission's program with sites."""
        written = self.programs.write(SITED)
        if not written.text or not written.sites:
            raise NothingFoundError
        return written

    def find(self) -> tuple[WrongLine, ...]:
        """Return the statements that must change; raises NothingFoundError, RefutedError."""
        self.places, solution = self._take_solution(self.places)
        self.turns = solution.recording.count_turns()
        steered = self._name(range(len(self.program.statements)), {}, STEERING)
        steered = steered or self._name(self._list_raising(), {}, SMALL)
        if steered is not None:
            return self._conclude([steered], solution)
        with self.programs.open(self.program.text, self.repairer.exchange) as candidate:
            search = ValueSearch(
                solution, self.program, Runner(candidate, self.cases, self.left, self.turns), Results(self.cases)
            )
            try:
                found = self._search(search)
            except OutOfWorkError:
                found = []
            self.turns = search.runner.turns
        wrong = list(dict.fromkeys(finding.statement for finding in found))
        named = self._name_several(found, wrong) if len(wrong) > 1 else []
        known = [each for each in named if each.edit is not None]
        if known and self._is_enough(known, is_all=len(known) == len(named)):
            return self._describe_edits(known, solution)
        is_certain = bool(found) and set(wrong) <= {finding.statement for finding in self.certain}
        if not self.unfilled and (len(wrong) < 2 or not is_certain):
            # Where several are not certain, one edit elsewhere may be enough.
            try:
                alone = self._name_alone(wrong if len(wrong) == 1 else [], solution, is_certain=is_certain)
            except OutOfWorkError:
                if not is_certain:
                    raise
                alone = None
            if alone is not None:
                return self._conclude([alone], solution)
        if not is_certain:
            raise NothingFoundError
        return self._conclude_by_values(found, named or [_Named(statement) for statement in wrong], solution)

    def _conclude_by_values(
        self, found: Sequence[Finding], named: Sequence[_Named], solution: SolutionValues
    ) -> tuple[WrongLine, ...]:
        """Return statements of which not every one has an edit, if their values are right on all cases."""
        self._confirm_injections(found)
        described = self._describe([self._keep_edit(each, found, solution) for each in named])
        if len(self.repairer.assignment.results) == 1 or len(found) > len(named):
            # Of the only result, or of several values in one statement, it is not seen what is the submission's own.
            return described
        return tuple(
            replace(
                line,
                computing=self.computing[each.statement],
                shown=self.shown,
                is_unfilled=each.statement in self.unfilled,
                is_idle=each.statement in self.idle,
            )
            for line, each in zip(described, named, strict=True)
        )

    def _keep_edit(self, named: _Named, found: Sequence[Finding], solution: SolutionValues) -> _Named:
        """Return a statement without its edit, unless that makes it right while others are mended by values alone.

        Nothing may depend on a statement then: any edit of it that does not raise would do.
        """
        if named.edit is None:
            return named
        written = self.programs.write({"made": _list_made([named]), "hooked": True})
        if not written.text:
            return _Named(named.statement)
        places = [_list_places(program) for program in (self.program, written)]
        base = {
            places[1].index(places[0][finding.site]): finding.given
            for finding in found
            if finding.statement != named.statement and places[0][finding.site] in places[1]
        }
        with self.programs.open(written.text, self.repairer.exchange) as candidate:
            search = ValueSearch(
                solution, written, Runner(candidate, self.cases, self.edited, self.turns), Results(self.cases)
            )
            search.trace(base)
            root = written.statements[named.statement].root
            return named if root >= 0 and search.states[root].match >= 0 else _Named(named.statement)

    def _conclude(self, named: Sequence[_Named], solution: SolutionValues) -> tuple[WrongLine, ...]:
        """Return statements with edits, if these are right on all cases, and what of the solution computes the same."""
        self._confirm_edits(named)
        return self._describe_edits(named, solution)

    def _describe_edits(self, named: Sequence[_Named], solution: SolutionValues) -> tuple[WrongLine, ...]:
        """Return statements with edits, and what of the solution computes the same."""
        traced = self._trace_edits(named, solution)
        described = self._describe(named)
        return tuple(replace(line, computing=own.computing) for line, own in zip(described, traced, strict=True))

    def _trace_edits(self, named: Sequence[_Named], solution: SolutionValues) -> list[_TracedEdit]:
        """Return for each edit what it makes of its statement, with all of them in force."""
        if (known := self._traced.get(tuple(named))) is not None:
            return known
        written = self.programs.write({"made": _list_made(named), "hooked": True})
        nothing = [_TracedEdit() for _ in named]
        if not written.text or len(written.changed) != len(named):
            return nothing
        with self.programs.open(written.text, self.repairer.exchange) as candidate:
            search = ValueSearch(
                solution, written, Runner(candidate, self.cases, self.edited, self.turns), Results(self.cases)
            )
            try:
                search.trace({})
            except OverflownError:
                return nothing
            answers = [self.answers[place] for place in self.places]
            wrong = {int(result) for result in self.cases.results[all_wrong(self.cases, answers)]}
            traced = []
            for each, site in zip(named, written.changed, strict=True):
                computing = tuple(search.list_computing(site))
                # It may have come to stand elsewhere.
                statement = written.sites[site].statement if site >= 0 else each.statement
                # What computes nothing of the solution's by itself, as in a loop, is part of what it writes or makes.
                written_lines = () if each.kind == STEERING else tuple(search.list_written(statement))
                is_added = each.edit is not None and each.edit.kind == SlipKind.ASSIGNMENT
                part = (is_added and written_lines) or computing or written_lines
                traced.append(
                    _TracedEdit(
                        part or (search.list_lines_of_result(statement, wrong),),
                        # Of a part of a tuple that is taken away no site is left.
                        computes=site < 0 or bool(computing),
                        writes=bool(written_lines),
                        reads=search.reads_right_values(statement),
                    )
                )
        self._traced[tuple(named)] = traced
        return traced

    def _list_raising(self) -> list[int]:
        """Return the statements that raised, and those that wrote what these read."""
        raised, statements = list_raised(self.answers), self.program.statements
        raising = [
            number
            for number, statement in enumerate(statements)
            if statement.spot in raised and not statement.is_unfilled
        ]
        writers = [site.writer for site in self.program.sites if site.statement in raising and site.writer >= 0]
        return list(dict.fromkeys([*raising, *writers]))

    def _describe(self, named: Sequence[_Named]) -> tuple[WrongLine, ...]:
        statements = self.program.statements
        return tuple(
            WrongLine(
                tuple(
                    statements[number].spot
                    for number in (each.statement, *(self.returning[each.statement] if each.edit is None else ()))
                ),
                each.edit,
                is_steering=each.kind == STEERING,
                is_header=statements[each.statement].loops,
                is_missing=statements[each.statement].absent,
                is_placeholder=statements[each.statement].placeholder and not statements[each.statement].given,
            )
            for each in named
        )

    def _take_solution(self, places: Sequence[int], sites: tuple[int, ...] = ()) -> tuple[list[int], SolutionValues]:
        """Return the solution's values in the cases at some places, but for those in which it has too many.

        With `sites` those of these alone.
        """
        repairer = self.repairer
        recorded = self.programs.record_solution(repairer.exchange, repairer.cases, repairer.order, sites)
        kept, solution = recorded.take(places)
        if len(kept) < _FEWEST:
            raise NothingFoundError
        return kept, solution

    # ---- the search

    def _search(self, search: ValueSearch) -> list[Finding]:
        """Return the findings after which all is right; none if there are no few such."""
        search.trace({})
        if all(search.right):
            # It is not the code that was judged.
            raise NothingFoundError
        beside = find_wrong_beside_right(search)
        search.trace({})
        try:
            found = self._search_anywhere(search)
        except (OutOfWorkError, OverflownError):
            if beside is None:
                raise
            found = []
        certain = {finding.statement for finding in self.certain}
        is_certain = bool(found) and {finding.statement for finding in found} <= certain
        if beside is None or not certain <= beside.statements or (len(found) == 1 and is_certain):
            return found
        # Each line of the template is wrong by itself: no other has to be looked for.
        self.others, self.suspects, self.rivals, self.inner, self.idle = [], frozenset(), [], -1, []
        self.hidden = [finding.statement for finding in beside.hidden]
        self._see(search, beside.findings)
        self.shown |= beside.right
        self.certain = beside.findings
        return beside.findings

    def _search_anywhere(self, search: ValueSearch) -> list[Finding]:
        """Return the findings after which all is right, in any statement; none if there are no few such."""
        found = find_unfilled(search)
        self.unfilled = [finding.statement for finding in found]
        base: dict[int, Any] = {finding.site: finding.given for finding in found}
        search.trace(base)
        while not all(search.right):
            if len(found) == _FINDINGS + len(self.unfilled):
                return []
            search.find_bearing(base)
            if not base:
                self.bearing = search.list_bearing()
            hits = [hit for hit in self._list_hits(search, base) if not is_of_another(search, hit)]
            if not hits:
                return []
            best = search.choose(hits)
            best = search.push_down(best, base)
            self._look_around(best, hits)
            self.inner = search.find_return(best) if best.is_right else -1
            found.append(best)
            base[best.site] = best.given
            search.trace(base)
        found = self._drop_needless(search, found)
        search.trace({finding.site: finding.given for finding in found})
        hidden = find_hidden(search, found)
        self.hidden = [finding.statement for finding in hidden]
        found = self._drop_needless(search, [*found, *hidden])
        self._see(search, found)
        if len(found) > 1 and len(found) >= len(self.repairer.assignment.results) and len(self.certain) < len(found):
            # As many values as there are results make anything right.
            return []
        return found

    def _see(self, search: ValueSearch, found: Sequence[Finding]) -> None:
        """Note with all findings in force which are certain, and what the submission and the solution compute."""
        base = {finding.site: finding.given for finding in found}
        search.trace(base)
        self.returning = {finding.statement: self._list_passing(search, finding) for finding in found}
        self.computing = {finding.statement: self._list_computing(search, finding) for finding in found}
        self.shown = search.list_shown(found)
        self.certain = [
            finding for finding in found if finding.statement in self.unfilled or self._is_wrong_itself(search, finding)
        ]
        for copied in filter(search.is_copy, found):
            search.trace({site: given for site, given in base.items() if site != copied.site})
            if search.is_site_right(copied.site):
                self.certain.append(copied)
        sizes = [number for finding in found for number in search.list_unknown(finding.statement)]
        if len(set(sizes)) < len(sizes):
            # What several read may be wrong instead of each of them.
            self.certain = [finding for finding in self.certain if finding.statement in self.unfilled]
        returning = {number for numbers in self.returning.values() for number in numbers}
        rivals = {rival.statement for rival in self.rivals} - returning
        if rivals and not any(finding.site == self.last and is_meant(search, finding) for finding in found):
            self.certain = []

    def _list_computing(self, search: ValueSearch, finding: Finding) -> tuple[frozenset[int], ...]:
        """Return the lines of the solution that compute what a finding's expression must, and what is around it.

        What another statement of the submission computes rightly is only read wrongly here: what is around it counts.
        """
        computing = tuple(search.list_computing(finding.site))
        is_elsewhere = any(
            state.site.kind == "computed" and state.site.statement != finding.statement and state.match >= 0
            for state in search.states
            if state.match == search.states[finding.site].match
        )
        return computing[1:] if is_elsewhere and len(computing) > 1 else computing

    def _is_wrong_itself(self, search: ValueSearch, finding: Finding) -> bool:
        """Return True if all that a finding's statement reads is right, and it serves one purpose.

        What others add to or fill may begin rightly, and what they do may be wrong.
        """
        is_begun = self.program.statements[finding.statement].starts
        if is_begun or search.reads_other_places(finding.statement):
            return False
        if not search.is_read_right(finding) or self._is_shared(finding):
            return False
        # A parameter may be given a value that is right elsewhere, but not here: the call is wrong then.
        return not self.program.statements[finding.statement].called or search.reads_enough(finding)

    def _is_shared(self, finding: Finding) -> bool:
        """Return True if a finding is in a function whose calls serve several purposes: one of these may be wrong."""
        numbers = [sum(map(np.size, arrays)) for arrays in finding.given]
        wanted = [sum(map(np.size, arrays)) for arrays in finding.wanted.values]
        return self.program.statements[finding.statement].called and any(map(gt, numbers, wanted))

    def _list_passing(self, search: ValueSearch, finding: Finding) -> list[int]:
        """Return the statements that return what a finding's writes, as it is; of a copy those that may lack the same.

        They may be wrong instead, if what is written has a value of the solution's.
        """
        if not (finding.is_right or search.is_copy(finding)):
            return []
        readers = [site for site in search.program.sites if site.writer == finding.statement]
        passing = [
            site.statement for site in readers if site.root and search.program.statements[site.statement].returns
        ]
        if search.is_copy(finding):
            passing += [rival.statement for rival in self.rivals if search.program.sites[rival.site] in readers]
        return list(dict.fromkeys(passing))

    def _drop_needless(self, search: ValueSearch, found: Sequence[Finding]) -> list[Finding]:
        """Return the findings without those that the others make needless."""
        kept = list(found)
        for finding in found if len(found) > 1 else ():
            rest = {other.site: other.given for other in kept if other is not finding}
            if not rest or not all(search.judge([rest])[0]):
                continue
            if finding.statement in {*self.unfilled, *self.hidden}:
                search.trace(rest)
                if not any(search.has(state.number, finding.wanted) for state in search.states):
                    # Nothing depends on it, and it is to be filled all the same.
                    continue
            kept.remove(finding)
        return kept

    @staticmethod
    def _list_hits(search: ValueSearch, base: Mapping[int, Any]) -> list[Finding]:
        hits = search.find(base, is_full=True)
        if not any(hit.is_full and not hit.is_right for hit in hits):
            hits += search.find(base, is_full=True, is_strange=True)
        hits = hits or search.find(base, is_full=True, is_shared=True)
        if any(hit.is_full for hit in hits):
            return hits
        stepped = search.step_over(base)
        if stepped is not None:
            return [stepped]
        hits = hits or search.find(base, is_full=False) or search.find(base, is_full=False, is_strange=True)
        return search.keep_likely(hits, base) if hits else []

    def _look_around(self, best: Finding, hits: Sequence[Finding]) -> None:
        """Note which other statements repair all as well."""
        full = sorted((hit for hit in hits if hit.is_full), key=lambda hit: (hit.is_right, hit.time))
        self.others = list(dict.fromkeys(hit.statement for hit in full if hit.statement != best.statement))
        self.suspects = frozenset(hit.statement for hit in full if not hit.is_right)
        # A right value that is used wrongly may be so anywhere between the two.
        self.rivals = [hit for hit in full if hit.statement != best.statement and (best.is_right or not hit.is_right)]
        self.last = best.site
        own = {hit.wanted for hit in hits if hit.is_full and hit.site == best.site}
        if best.is_open and len(own) >= MOST_OPEN:
            self.idle.append(best.statement)

    # ---- the names

    def _name_several(self, found: Sequence[Finding], wrong: Sequence[int]) -> list[_Named]:
        """Return several statements that were found, each with an edit if one is right beside the other findings."""
        named: list[_Named] = []
        for statement in wrong:
            named.append(self._name_statement(found, statement, named))
        return named

    def _name_statement(self, found: Sequence[Finding], statement: int, named: Sequence[_Named]) -> _Named:
        """Return one of several statements that were found, with an edit if one is right beside the other findings.

        What a repair hides is seen once the other statements are edited instead.
        """
        made = [each for each in named if each.edit is not None] if statement in self.hidden else []
        if statement in {*self.unfilled, *self.idle} or (statement in self.hidden and len(made) < len(named)):
            return _Named(statement)
        mended = {statement, *(each.statement for each in made)}
        base = {finding.site: finding.given for finding in found if finding.statement not in mended}
        right = self._name([statement], base, SMALL, made) or self._name([statement], base, LARGE, made)
        return right or _Named(statement)

    def _name_alone(self, wrong: Sequence[int], solution: SolutionValues, *, is_certain: bool) -> _Named | None:
        """Return an edit of the only statement that was found, or of another one that repairs all as well.

        An edit is believed if what it changes has a value of the solution's then, or what the statement that was found
        has written in the end: else it may make up for a mistake elsewhere. Of statements whose own values are not
        wrong all that they read must be right, too. One that shows no such value is believed if no other statement has
        any that is right: of those that bear on wrong results alone, if any of these has. Beside a statement that is
        certain, and that no edit makes right, no other is edited, unless it is in a function that may be called
        wrongly.
        """
        unsure: list[_Named] = []
        others = self.others[: _STATEMENTS - 1] if wrong else []
        # What a function returns may lack something there, or where it is called.
        inner = [self.inner] if wrong and self.inner >= 0 else []
        above = self._list_above(wrong)
        small = ((inner, SMALL), (wrong, SMALL), (others, SMALL), (above, SMALL))
        for statements, kind in (*small, (inner, LARGE), (wrong, LARGE)):
            right = self._list_right(statements, {}, kind)
            if (named := self._choose_believed(right, wrong, solution)) is not None:
                return named
            unsure += [each for each in right if each.statement in wrong]
        if is_certain and not unsure and not any(self.program.statements[number].called for number in wrong):
            return None
        return self._name_anywhere(wrong, solution, unsure, {*inner, *wrong})

    def _name_anywhere(
        self, wrong: Sequence[int], solution: SolutionValues, unsure: Sequence[_Named], tried: Collection[int]
    ) -> _Named | None:
        """Return an edit of any statement that repairs all, if it is believed or no other statement has one.

        `unsure` are those that are known. What bears on wrong results alone is tried first, and at last by what may be
        added there.
        """
        others = [number for number in range(len(self.program.statements)) if number not in self.bearing]
        large = [[number] for number in self.bearing if number not in tried]
        elsewhere: list[_Named] = []
        for groups, kind in (([self.bearing], SMALL), ([others], SMALL), (large, LARGE)):
            elsewhere = [each for statements in groups for each in self._list_right(statements, {}, kind)]
            if (named := self._choose_believed(elsewhere, wrong, solution)) is not None:
                return named
            if unsure or elsewhere:
                break
        first = next(iter([*unsure, *elsewhere]), None)
        return first if first is not None and all(each.statement == first.statement for each in elsewhere) else None

    def _list_above(self, wrong: Sequence[int]) -> list[int]:
        """Return the statements that write what some read."""
        read = (site for site in self.program.sites if site.statement in wrong and site.writer >= 0)
        return [number for number in dict.fromkeys(site.writer for site in read) if number not in wrong][:_STATEMENTS]

    def _choose_believed(
        self, right: Sequence[_Named], wrong: Sequence[int], solution: SolutionValues
    ) -> _Named | None:
        """Return the first of some edits that is believed; None if none is."""
        for each in right[:_TRACED]:
            (traced,) = self._trace_edits([each], solution)
            if each.statement in wrong and (traced.computes or traced.writes):
                return each
            if traced.computes and (traced.reads or each.statement in self.suspects):
                return each
        return None

    def _name(
        self, statements: Sequence[int], base: Mapping[int, Any], kind: str, made: Sequence[_Named] = ()
    ) -> _Named | None:
        """Return an edit of the first of some statements that has one with which all is right; None if none has."""
        right = self._list_right(statements, base, kind, made)
        return right[0] if right else None

    def _list_right(
        self, statements: Sequence[int], base: Mapping[int, Any], kind: str, made: Sequence[_Named] = ()
    ) -> list[_Named]:
        """Return the edits of statements that are right in all cases of the search, the likeliest of each first.

        Some values are injected meanwhile, and other edits made.
        """
        if not statements:
            return []
        wanted = {"statements": list(statements), "edits": kind, "hooked": bool(base), "made": _list_made(made)}
        written = self.programs.write(wanted)
        if not written.text or not written.edits:
            return []
        with self.programs.open(written.text, self.repairer.exchange) as candidate:
            runner, results = Runner(candidate, self.cases, self.edited, self.turns), Results(self.cases)
            right: list[int] = []
            for start in range(0, len(written.edits), _AT_ONCE):
                right += self._keep_right(runner, results, base, range(start + 1, len(written.edits) + 1)[:_AT_ONCE])
                if right and kind == LARGE:
                    # The simplest come first.
                    break
        firsts: dict[int, int] = {}
        for place, edit in enumerate(written.edits):
            firsts.setdefault(edit.statement, place)
        named = [(written.edits[variant - 1], variant - 1) for variant in right]
        # What is exchanged or taken away says more than what is added beside it.
        named.sort(key=lambda each: (firsts[each[0].statement], each[0].before == "", each[1]))
        return [_Named(edit.statement, edit, place - firsts[edit.statement], kind) for edit, place in named]

    def _keep_right(
        self, runner: Runner, results: Results, base: Mapping[int, Any], variants: Sequence[int]
    ) -> list[int]:
        """Return the places of those of some edits that are right in all cases of the search."""
        return keep_right(
            runner,
            results,
            range(len(self.cases)),
            variants,
            lambda variant, case: Run(case, {site: arrays[case] for site, arrays in base.items()}, variant=variant),
        )

    # ---- what is believed

    def _is_enough(self, named: Sequence[_Named], *, is_all: bool) -> bool:
        """Return True if the program with these edits alone is right on all cases.

        Raises RefutedError if they are of all that was found.
        """
        try:
            self._confirm_edits(named)
        except NothingFoundError:
            return False
        except RefutedError:
            if is_all:
                raise
            return False
        return True

    def _confirm_edits(self, named: Sequence[_Named]) -> None:
        """Run the program with these edits alone on all cases, twice if it is random; raises RefutedError."""
        written = self.programs.write({"made": _list_made(named), "hooked": False})
        if not written.text:
            raise NothingFoundError
        cases = self.repairer.cases
        for _ in range(1 if self.repairer.repeats else 2):
            with self.programs.open(written.text, self.repairer.plain, alone=True) as candidate:
                wrong = disagreeing(cases, candidate.answer(cases))
            self._refute(wrong)

    def _confirm_injections(self, found: Sequence[Finding]) -> None:
        """Run the program with the values of these findings, made anew, on all cases; raises RefutedError."""
        cases = self.repairer.cases
        origins = [finding.origin or finding for finding in found]
        places, everywhere = self._take_solution(range(len(cases)))
        if len(places) < len(cases):
            # In some it has too many values to keep all.
            places, everywhere = self._take_solution(range(len(cases)), tuple(origin.wanted.site for origin in origins))
        if len(places) < len(cases):
            raise NothingFoundError
        with self.programs.open(self.program.text, self.repairer.exchange, alone=True) as candidate:
            runner, results = Runner(candidate, cases, self.left), Results(cases)
            base: dict[int, Any] = {}
            for origin in origins:
                runs = [
                    Run(case, {site: given[case] for site, given in base.items()}, ROOMS[0], (origin.site,))
                    for case in range(len(cases))
                ]
                logs = [each.log for each in runner.run(runs)]
                own = read_logs(logs, len(self.program.sites), self.left).sites[origin.site]
                base[origin.site] = origin.make_anew(everywhere, own.values)
            runs = [Run(case, {site: given[case] for site, given in base.items()}) for case in range(len(cases))]
            wrong = [not all(results.judge(case, each)) for case, each in enumerate(runner.run(runs))]
        self._refute(wrong)

    def _refute(self, wrong: Sequence[bool]) -> None:
        """Raise RefutedError if any case is wrong, with the smallest of them."""
        for place in self.repairer.order:
            if wrong[place]:
                if place in self.places:
                    raise NothingFoundError
                raise RefutedError(place)
