"""The `Link` headers of an answer (RFC 8288), read whole or not at all."""

import re

#: The parameters of a link, up to the next one; a comma or a semicolon in quotes is none. The possessive quantifiers
#: read each character once, whatever a platform sends.
_PARAMETERS = re.compile(r'(?:[^,"<>]|"(?:[^"\\]|\\.)*+")*+')
_PARAMETER = re.compile(r';\s*+([^\s;="]*+)\s*+(?:=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;"]*+)))?+\s*+')


class UnreadableLink(ValueError):
    """The header is no list of links, so nobody knows which ones it has."""


def find_link(header: str, relation: str) -> str | None:
    """Return the target of the first link with this relation, or None. Raises UnreadableLink."""
    target, at = None, 0
    while at < len(header):
        if header[at] in ", \t":
            at += 1
            continue
        end = header.find(">", at)
        if header[at] != "<" or end < 0:
            raise UnreadableLink(f"no link begins at character {at} of the Link header")
        parameters = _PARAMETERS.match(header, end + 1)
        if parameters is None or header[parameters.end() : parameters.end() + 1] not in {"", ","}:
            raise UnreadableLink(f"the link at character {at} of the Link header does not end")
        if target is None and relation in _relations(parameters[0].strip(), at):
            target = header[at + 1 : end]
        at = parameters.end()
    return target


def _relations(parameters: str, link: int) -> list[str]:
    """Return the relations of a link in lower case: those of its first `rel`, the others are void by the standard."""
    relations, at = None, 0
    while at < len(parameters):
        parameter = _PARAMETER.match(parameters, at)
        if parameter is None:
            raise UnreadableLink(f"the parameters of the link at character {link} of the Link header cannot be read")
        if relations is None and parameter[1].lower() == "rel":
            relations = (parameter[2] or parameter[3] or "").lower().split()
        at = parameter.end()
    return relations or []
