"""The fewest operations after which a submission is right, found by running it: bounded by counts, never by a clock."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

from backmark.grader.contracts.repair.study import GUARD, INSERT, REPLACE, Operation, Script, Study

#: Scripts that are run for one submission and one solution.
MOST_SCRIPTS = 400
#: The largest sets of operations that are tried one after the other; operations that are still few lines.
_LARGEST, _MOST_OPERATIONS = 3, 40

#: Returns for each script True if the submission is right after it.
Try = Callable[[Sequence[Script]], list[bool]]


class ExhaustedError(Exception):
    """No more scripts may be run."""


@dataclass
class RepairSearch:
    """A search for the smallest right script; each script is run once."""

    study: Study
    run: Try
    #: Scripts that may still be run.
    left: int = MOST_SCRIPTS
    known: dict[Script, bool] = field(default_factory=dict)

    def find(self) -> Script | None:
        """Return the smallest right script found, empty if the submission is right as it is; None if none is."""
        try:
            if self._is_right(frozenset()):
                return frozenset()
            operations = sorted(self._list_operations(), key=self._rank)[: self.left // 4]
            singles = [frozenset({operation}) for operation in operations]
            right = [script for script, is_right in zip(singles, self._try(singles), strict=True) if is_right]
            if right:
                return right[0]
            for whole in self._list_wholes():
                if self._is_right(whole):
                    needed = self._reduce(whole)
                    return needed if len(needed) <= _MOST_OPERATIONS else None
        except ExhaustedError:
            pass
        return None

    def _list_operations(self) -> Script:
        study = self.study
        mending = study.replacements | study.insertions | study.frames | study.guards | study.removals
        return mending | set(study.list_alternatives())

    def _list_wholes(self) -> Iterator[Script]:
        """Yield scripts that mend all that may be mended, with fewer kinds of operations first."""
        study = self.study
        plain = study.replacements | study.insertions
        yield plain
        others = study.guards | study.removals
        for more in (study.frames, study.guards, study.removals, others, study.frames | others):
            if more:
                yield plain | more
        for operation in study.list_alternatives():
            yield frozenset(known for known in plain if known[:2] != operation[:2]) | {operation}

    def _is_right(self, script: Script) -> bool:
        return self._try([script])[0]

    def _try(self, scripts: Sequence[Script]) -> list[bool]:
        new = list(dict.fromkeys(script for script in scripts if script not in self.known))
        if len(new) > self.left:
            raise ExhaustedError
        self.left -= len(new)
        if new:
            self.known.update(zip(new, self.run(new), strict=True))
        return [self.known[script] for script in scripts]

    def _reduce(self, whole: Script) -> Script:
        """Return the operations of a right script that it cannot do without."""
        fixed = whole & (self.study.insertions | self.study.unfilled)
        free = sorted(whole - fixed, key=self._rank)
        # The complement: what is wrong after all others were mended is wrong.
        without = self._try([whole - {operation} for operation in free])
        needed = fixed | {operation for operation, right in zip(free, without, strict=True) if not right}
        if not self._is_right(needed):
            needed = self._search(fixed, free) or self._drop(whole, free)
        return self._drop(needed, sorted(needed, key=self._rank))

    def _search(self, fixed: Script, free: Sequence[Operation]) -> Script | None:
        """Return the smallest set of operations that is right with the fixed ones, as far as the count goes."""
        for size in range(_LARGEST + 1):
            if comb(len(free), size) > self.left // 2:
                return None
            scripts = [fixed | frozenset(chosen) for chosen in combinations(free, size)]
            right = [script for script, is_right in zip(scripts, self._try(scripts), strict=True) if is_right]
            if right:
                return right[0]
        return None

    def _drop(self, script: Script, order: Sequence[Operation]) -> Script:
        """Return a right script without the operations that it is right without, each dropped on trial."""
        # Mostly none can be dropped, which one request shows.
        self._try([script - {operation} for operation in order if operation in script])
        for operation in reversed(order):
            if operation in script and self._is_right(script - {operation}):
                script -= {operation}
        return script

    def _rank(self, operation: Operation) -> tuple[bool, int, Operation]:
        """Return the place in which an operation is tried: what reads otherwise than the solution's comes first."""
        kinds = (REPLACE, INSERT, GUARD)
        alike = len(operation) > 2 and operation[2] in self.study.own[operation[1]].alike
        return alike, kinds.index(operation[0]) if operation[0] in kinds else len(kinds), operation
