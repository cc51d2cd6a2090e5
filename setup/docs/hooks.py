"""The changes to the HTML of a page of the site that no Markdown extension makes."""

import re


def on_page_content(html: str, **_context: object) -> str:
    """Return the page with what scrolls reachable by keyboard, and without the backslash of a bar in a table's code."""
    html = re.sub(r"<table>.*?</table>", lambda table: table[0].replace("\\|", "|"), html, flags=re.DOTALL)
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    return html.replace("<pre>", '<pre tabindex="0">')
