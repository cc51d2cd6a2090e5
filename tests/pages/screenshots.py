"""Pictures of every page, light and dark, wide and narrow: `python -m tests.pages.screenshots FOLDER [SCENE...]`."""

import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser

from tests.pages.browser import Window, launch_browser
from tests.pages.house import House, build_house
from tests.pages.scenes import SCENES
from worker.serve.embedded import EmbeddedRedis, lasting_port

Scene = Callable[[House, Window], None]


def main(folder: Path, names: Sequence[str] = ()) -> None:
    """Write those of the scenes that are named, else of all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        redis = EmbeddedRedis(Path(scratch) / "redis", lasting_port())
        redis.folder.mkdir()
        redis.start()
        try:
            with build_house(redis.url, Path(scratch)) as house, launch_browser() as browser:
                for name in names or SCENES:
                    _take(house, browser, name, SCENES[name], folder)
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
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"), sys.argv[2:])
