"""`python -m reference_pages` writes every page of the docs that is made from the code."""

from backmark.grader.contracts.gallery import list_gallery
from reference_pages import client, commands, contract, errors, fields, gallery, http, settings
from reference_pages.markdown import DOCS


def write_pages() -> dict[str, str]:
    """Return the text of each page, by its path below docs/."""
    return {
        "instructor/gallery.md": gallery.write_page(list_gallery()),
        "reference/client.md": client.write_page(),
        "reference/commands.md": commands.write_page(),
        "reference/contract.md": contract.write_page(),
        "reference/errors.md": errors.write_page(),
        "reference/fields.md": fields.write_page(),
        "reference/http.md": http.write_page(),
        "reference/settings.md": settings.write_page(),
    }


if __name__ == "__main__":
    for name, text in write_pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
