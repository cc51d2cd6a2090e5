"""`python -m reference_pages` writes every page of the docs that is made from the code."""

from collections.abc import Callable, Mapping

from reference_pages import client, commands, contract, errors, fields, gallery, http, settings
from reference_pages.markdown import DOCS

#: What writes each page, by its path below docs/.
PAGES: Mapping[str, Callable[[], str]] = {
    "instructor/gallery.md": gallery.write_page,
    "reference/client.md": client.write_page,
    "reference/commands.md": commands.write_page,
    "reference/contract.md": contract.write_page,
    "reference/errors.md": errors.write_page,
    "reference/fields.md": fields.write_page,
    "reference/http.md": http.write_page,
    "reference/settings.md": settings.write_page,
}

if __name__ == "__main__":
    for name, write_page in PAGES.items():
        (DOCS / name).write_text(write_page(), encoding="utf-8")
