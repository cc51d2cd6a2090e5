"""Pictures of every page, light and dark, wide and narrow: `python -m tests.pages.screenshots FOLDER [SCENE...]`.

With `--docs` instead, those that README.md and docs/ show, in their place.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, FloatRect

from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port
from tests.pages.browser import WIDE, Window, launch_browser
from tests.pages.house import House, build_house
from tests.pages.pictures import FOLDER, PICTURES, record_all
from tests.pages.scenes import SCENES

Scene = Callable[[House, Window], None]

#: Pixels below the last section that a picture of the docs shows.
_MARGIN = 24


def main(folder: Path, names: Sequence[str] = ()) -> None:
    """Write those of the scenes that are named, else of all."""
    folder.mkdir(parents=True, exist_ok=True)
    with _open_house() as (house, browser):
        for name in names or SCENES:
            _take(house, browser, name, SCENES[name], folder)


def take_for_docs() -> None:
    """Write the pictures of the docs."""
    with _open_house() as (house, browser):
        for name, picture in PICTURES.items():
            window = Window.open_new(browser, house.url, color_scheme="light")
            SCENES[picture.scene](house, window)
            box = window.page.locator(f"[aria-labelledby={picture.section}]").bounding_box()
            if box is None:
                raise LookupError(f"{picture.scene} shows no section {picture.section}")
            clip = FloatRect(x=0, y=0, width=WIDE["width"], height=box["y"] + box["height"] + _MARGIN)
            file = FOLDER / f"{name}.png"
            window.page.screenshot(path=file, full_page=True, clip=clip)
            print(file)  # noqa: T201 - for whoever runs it
            window.close()
    record_all()


@contextmanager
def _open_house() -> Iterator[tuple[House, Browser]]:
    with tempfile.TemporaryDirectory() as scratch:
        redis = EmbeddedRedis(Path(scratch) / "redis", lasting_port())
        redis.folder.mkdir()
        redis.start()
        try:
            with build_house(redis.url, Path(scratch)) as house, launch_browser() as browser:
                yield house, browser
        finally:
            redis.stop()


def _take(house: House, browser: Browser, name: str, scene: Scene, folder: Path) -> None:
    for scheme, narrow in product(("light", "dark"), (False, True)):
        window = Window.open_new(browser, house.url, narrow=narrow, color_scheme=scheme)
        scene(house, window)
        file = folder / f"{name}-{scheme}-{'narrow' if narrow else 'wide'}.png"
        window.page.screenshot(path=file, full_page=True)
        faults = [*window.complaints, *window.faults(), *(["wider than the window"] if window.overflows() else [])]
        print(file, *faults, sep="\n    ")  # noqa: T201 - for whoever runs it
        window.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["--docs"]:
        take_for_docs()
    else:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"), sys.argv[2:])
