"""The page of a class: its marks, what it gets wrong, who needs a look, and a line for each student."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from urllib.parse import quote

from backmark.grader.model.outcome import Outcome
from backmark.grader.reports.html.charts import draw_chart, draw_scrolling
from backmark.grader.reports.html.distribution import chart_marks, share
from backmark.grader.reports.html.headings import Headings
from backmark.grader.reports.html.markup import Html, element, join
from backmark.grader.reports.html.text import line, mark_code, plural
from backmark.grader.reports.outcomes import NAMES, tone_of

_COUNTED = (
    "Counted are the rows of the lines to change. If a submission's lines to change are not known, the mistakes that"
    " explain all of its wrong numbers are counted."
)
#: Of a class in which some are judged by the lines and others by the results.
_LARGER = (
    "The rows of lines add up to the maximum, and so do the rows of results. Only one kind counts for a student: the"
    " one that gives more marks."
)
_UNGRADED = "Backmark itself failed"
#: Mistakes that are seen at once; the others are there when they are asked for.
_MOST_MISTAKES = 12


@dataclass(frozen=True, slots=True)
class ReportedStudent:
    """A student of a class."""

    #: The name, with the LMS's id if there is one.
    name: str
    #: The path of the student's page from that of the class; empty if there is none.
    page: str
    #: None if Backmark itself failed.
    outcome: Outcome | None
    #: None without a mark.
    score: int | None
    max_score: int
    #: What went wrong, or the reason why there is no mark; empty if nothing did.
    explanation: str
    late: bool = False
    #: What became of other files.
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedCount:
    """A mistake, or a row of the rubric, and the students who make it, or lose marks by it."""

    title: str
    students: tuple[ReportedStudent, ...]
    #: The marks of a row.
    marks: int = 0


@dataclass(frozen=True, slots=True)
class ClassReport:
    """A class that was graded."""

    #: The assignment's.
    title: str
    students: tuple[ReportedStudent, ...]
    #: The rows of the rubric in its order, those without marks left out if others have some.
    rows: tuple[ReportedCount, ...]
    #: The most frequent first.
    mistakes: tuple[ReportedCount, ...]
    #: Students who handed in the same bytes.
    identical: tuple[tuple[ReportedStudent, ...], ...]

    @property
    def graded(self) -> tuple[ReportedStudent, ...]:
        """The students with a mark."""
        return tuple(student for student in self.students if student.score is not None)

    @property
    def ungraded(self) -> tuple[ReportedStudent, ...]:
        """The students without one."""
        return tuple(student for student in self.students if student.score is None)


def draw_class(report: ClassReport) -> Html:
    """Return the page's content."""
    return join(_draw_parts(report, Headings()))


def _draw_parts(report: ClassReport, headings: Headings) -> Iterator[Html]:
    passed = sum(student.outcome is Outcome.PASSED for student in report.students)
    yield element("p", line(report.title), class_="eyebrow student")
    yield headings.main(f"{passed:,} of {plural(len(report.students), 'student')} passed")
    yield _draw_figures(report, passed)
    yield _draw_outcomes(report, headings)
    charts = (_draw_marks(report, headings), _draw_rows(report, headings))
    yield element("div", *charts, class_="pair section")
    yield _draw_mistakes(report, headings)
    if report.identical:
        groups = (element("li", _list_students(group)) for group in report.identical)
        said = element("p", "The students in each line handed in identical files.", class_="quiet")
        yield headings.section("identical", "Identical files", said, element("ul", *groups, class_="card names"))
    if report.ungraded:
        reasons = (
            element("li", _link(student), ": ", mark_code(line(student.explanation)), class_="student")
            for student in report.ungraded
        )
        said = element(
            "p", "None of these students' files could be graded, so these students have no marks.", class_="quiet"
        )
        yield headings.section("ungraded", "Not graded", said, element("ul", *reasons, class_="card names"))
    yield _draw_students(report.students, headings)


def _draw_figures(report: ClassReport, passed: int) -> Html:
    figures = [("Students", f"{len(report.students):,}"), ("Passed", f"{share(passed, len(report.students))}%")]
    if marks := [(student.score or 0) / student.max_score for student in report.graded if student.max_score]:
        figures.append(("Average marks", f"{100 * mean(marks):.0f}%"))
    figures.append(("Not graded", f"{len(report.ungraded):,}"))
    pairs = (element("div", element("dt", name), element("dd", value, class_="figure")) for name, value in figures)
    return element("dl", *pairs, class_="facts figures section")


def _draw_mistakes(report: ClassReport, headings: Headings) -> Html:
    title = "What the class gets wrong"
    if not report.mistakes:
        none = element("p", "No wrong line and no mistake could be named in any submission.", class_="lead")
        return headings.section("mistakes", title, none)
    frequent, rare = report.mistakes[:_MOST_MISTAKES], report.mistakes[_MOST_MISTAKES:]
    whole = len(report.students)
    tables = [draw_scrolling("Mistakes", _draw_counts("Mistake", frequent, whole))]
    if rare:
        more = draw_scrolling("Rarer mistakes", _draw_counts("Mistake", rare, whole))
        tables.append(element("details", element("summary", plural(len(rare), "rarer mistake")), more))
    said = element("p", _COUNTED, class_="quiet")
    return headings.section("mistakes", title, said, element("div", *tables, class_="card"))


def _draw_marks(report: ClassReport, headings: Headings) -> Html | None:
    marks = Counter((student.score or 0, student.max_score) for student in report.graded if student.max_score)
    chart = chart_marks("Students by their marks", marks)
    return headings.section("marks", "Marks", draw_chart(chart), class_="card") if chart else None


def _draw_rows(report: ClassReport, headings: Headings) -> Html | None:
    if not report.rows:
        return None
    table = _draw_counts("Row", report.rows, len(report.graded))
    most = max((student.max_score for student in report.graded), default=0)
    both = f" {_LARGER}" if sum(row.marks for row in report.rows) > most else ""
    said = element("p", f"How many graded students lost marks in each row.{both}", class_="quiet")
    return headings.section("rows", "Rubric", said, draw_scrolling("Rubric", table), class_="card")


def _draw_counts(name: str, counts: Sequence[ReportedCount], whole: int) -> Html:
    """Return a table of how many students of all a mistake has, each with their names."""
    head = element(
        "tr",
        element("th", name, scope="col"),
        element("th", "Students", scope="col", class_="number"),
        element("th", element("span", "Percentage of the class", class_="unseen"), scope="col", class_="share"),
    )
    rows = (_draw_count(count, whole) for count in counts)
    return element("table", element("thead", head), element("tbody", *rows), class_="table mid")


def _draw_count(count: ReportedCount, whole: int) -> Html:
    students = count.students
    percent = element("span", f"{share(len(students), whole)}%", class_="quiet")
    marks = element("span", f" {plural(count.marks, 'mark')}", class_="soft") if count.marks else None
    title = join([mark_code(line(count.title)), marks])
    names = element("details", element("summary", title), element("p", _list_students(students)), class_="who")
    bar = element("progress", class_="meter bad", max=whole, value=len(students), aria_hidden="true")
    return element(
        "tr",
        element("th", names if students else title, scope="row"),
        element("td", f"{len(students):,}", class_="number"),
        element("td", element("div", bar, percent, class_="share-bar"), class_="share"),
    )


def _draw_outcomes(report: ClassReport, headings: Headings) -> Html:
    counts = Counter(student.outcome for student in report.students)
    badges = (
        element("li", _draw_badge(outcome, " ", element("strong", f"{counts[outcome]:,}")))
        for outcome in (*Outcome, None)
        if counts[outcome]
    )
    return headings.section("outcomes", "Outcomes", element("ul", *badges, class_="outcomes"))


def _draw_badge(outcome: Outcome | None, *more: str) -> Html:
    name, tone = (_UNGRADED, "warn") if outcome is None else (NAMES[outcome], tone_of(outcome))
    return element("span", name, *more, class_=f"badge {tone}")


def _draw_students(students: Sequence[ReportedStudent], headings: Headings) -> Html:
    head = element(
        "tr",
        element("th", "Student", scope="col"),
        element("th", "Outcome", scope="col"),
        element("th", "Marks", scope="col", class_="number"),
        element("th", "What went wrong", scope="col", class_="extra"),
    )
    table = element("table", element("thead", head), element("tbody", *map(_draw_student, students)), class_="table")
    return headings.section("students", "Students", element("div", draw_scrolling("Students", table), class_="card"))


def _draw_student(student: ReportedStudent) -> Html:
    others = element("p", line("; ".join(student.others)), class_="quiet student") if student.others else None
    late = join([" ", element("span", "late", class_="badge warn")]) if student.late else None
    marks = "" if student.score is None else f"{student.score}/{student.max_score}"
    return element(
        "tr",
        element("th", _link(student), late, others, scope="row", class_="student"),
        element("td", _draw_badge(student.outcome)),
        element("td", marks, class_="number"),
        element("td", mark_code(line(student.explanation)), class_="extra student"),
    )


def _list_students(students: Sequence[ReportedStudent]) -> Html:
    return join(map(_link, students), ", ")


def _link(student: ReportedStudent) -> Html:
    name = line(student.name)
    return element("a", name, href=quote(student.page)) if student.page else element("span", name)
