"""The little markup that posts understand: quotes, code and links."""

import re
from itertools import groupby

from django import template
from django.utils.html import conditional_escape, format_html, urlize
from django.utils.safestring import mark_safe

register = template.Library()

FENCED = re.compile(r"^```[^\n`]*\n(.*?)(?:\n```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`([^`\n]+)`")


@register.filter
def post_text(text):
    """Render a post's text as safe HTML. Everything its author typed is escaped."""
    text = str(text).replace("\r\n", "\n").strip("\n")
    blocks = []
    # Splitting on a pattern with one group alternates prose and the code between fences.
    for index, part in enumerate(FENCED.split(text)):
        if index % 2:
            blocks.append(format_html("<pre><code>{}</code></pre>", part))
        else:
            blocks.extend(_prose(part))
    return mark_safe("\n".join(blocks))


def _prose(text):
    for quoted, lines in groupby(text.split("\n"), key=lambda line: line.startswith(">")):
        if quoted:
            inner = "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)
            # Nested quotes are shown as one: their remaining marks stay as typed.
            yield format_html("<blockquote>{}</blockquote>", mark_safe("".join(_paragraphs(inner))))
        else:
            yield from _paragraphs("\n".join(lines))


def _paragraphs(text):
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.strip():
            lines = _inline(paragraph.strip()).replace("\n", "<br>\n")
            yield f"<p>{lines}</p>"


def _inline(text):
    return "".join(
        f"<code>{conditional_escape(part)}</code>"
        if index % 2
        else urlize(part, nofollow=True, autoescape=True)
        for index, part in enumerate(INLINE_CODE.split(text))
    )
