"""Every page by axe, light on a desktop and dark on a phone: the difference is in the style sheets alone."""

import pytest

from tests.pages.browser import LOOKS
from tests.pages.conftest import Opening
from tests.pages.house import House
from tests.pages.scenes import SCENES

#: By day a scene of each form and each table; nightly the others, which are made of the same.
BY_DAY = frozenset(
    {
        *("home", "missing", "progress", "hand-in-late", "verdict-held-back"),
        *("verdict-no_relu_derivative", "verdict-right", "verdict-hostile"),
        *(
            "staff-courses",
            "staff-service",
            "staff-settings",
            "staff-course",
            "staff-assignment",
            "staff-publication-refused",
        ),
        *("staff-equal-code", "staff-submissions", "staff-submission", "staff-regrade", "staff-marks", "staff-policy"),
        *("staff-extensions", "staff-roster", "staff-log", "messages-verdict", "messages-questions"),
    }
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in BY_DAY else pytest.mark.nightly) for name in SCENES]
)
def test_axe_finds_nothing_serious_and_nothing_sticks_out(house: House, opening: Opening, name: str) -> None:
    window = opening()
    SCENES[name](house, window)
    for scheme, size in LOOKS:
        window.restyle(scheme, size)
        assert window.faults() == []
        assert not window.overflows()


def test_every_scene_by_day_is_one() -> None:
    assert set(SCENES) >= BY_DAY
