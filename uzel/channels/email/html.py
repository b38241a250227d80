"""HTML of a mail to plain text, in one pass and linear time.

Quoting is kept visible in the text: what stands in a quoting ``blockquote`` gets ``> `` before each line, and where
a mail program marks the start of the quoted mail in its own way a line with ``QUOTE_MARK`` is put, for reply.py.
"""

import re
from html import unescape

__all__ = ["QUOTE_MARK", "html_to_text"]

QUOTE_MARK = "\ue0f1"  # private use: no mail carries it, and it is removed before anyone sees the text
MAX_HTML = 2_000_000  # characters read; a longer mail is newsletters' junk or an attack
MAX_QUOTE_DEPTH = 20

_BLOCK = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "title",
        "body",
        "html",
    ]
)
_PARAGRAPH = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "table"])
_SILENT = frozenset(("script", "style", "head", "title", "template", "noscript", "object", "svg", "math", "select"))
# What goes on with another sign is no tag: ``<ivan@example.com>`` that a sender forgot to escape.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40})(?=[\s/>])")
_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_SPACES = re.compile(r"[ \t\n\r\f\v\u00a0]+")
_MANY_EMPTY = re.compile(r"\n{3,}")
_ATTRIBUTE = re.compile(r"""\b(class|id|type|style|href|name|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_QUOTE_CLASS = re.compile(
    r"(?<![\w])(?:x_)?(?:gmail_quote(?!_attribution)|gmail_extra|yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra"
    r"|moz-cite-prefix|gmail_attr|mailmate_quote|js-fuchi-quote|quoted-message|front-blockquote|spark_quote"
    r"|cf_quote|mail-quote|mcntquote|wmi-?quote)(?![\w-])",
    re.I,
)
_QUOTE_ID = re.compile(
    r"^(?:x_)*(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|zwchr|stopSpelling|replySplit|reply-intro|isForwardContent"
    r"|isReplyContent|mail-editor-reference-message-container|ms-outlook-mobile-body-separator-line|yahoo_quoted_\w+)$",
    re.I,
)
# Outlook draws a line above the mail it answers: border on top only, in one of its few colours.
_OUTLOOK_LINE = re.compile(r"border:\s*none;\s*border-top:\s*solid\s+(?:#B5C4DF|#E1E1E1|windowtext)", re.I)


def html_to_text(html: str) -> str:
    """What a reader would see, as lines of text; links keep their words only. Never raises."""
    reader = _Reader()
    html = html[:MAX_HTML]
    at, size = 0, len(html)
    while at < size:
        match = _MARKUP.search(html, at)
        if match is None:
            reader.data(html[at:])
            break
        start = match.start()
        if start > at:
            reader.data(html[at:start])
        at = reader.markup(html, start)
    return reader.result()


def _past(html: str, mark: str, start: int) -> int:
    """Behind the next ``mark``; the end of the text when there is none."""
    end = html.find(mark, start)
    return len(html) if end < 0 else end + len(mark)


class _Reader:
    """Collects lines; ``quotes`` remembers for each open blockquote whether it quotes."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes: list[bool] = []
        self.depth = 0
        self.pre = 0
        self.silent = ""

    def markup(self, html: str, start: int) -> int:
        """Read what begins with ``<`` at ``start``; returns where to go on."""
        if html.startswith("<!--", start):
            return _past(html, "-->", start + 4)
        if html.startswith(("<!", "<?"), start):
            return _past(html, ">", start)
        match = _TAG.match(html, start)
        if not match:
            self.data("<")
            return start + 1
        end = _past(html, ">", match.end())
        name = match.group(2).lower()
        if self.silent:
            if match.group(1) and name == self.silent:
                self.silent = ""
            return end
        if match.group(1):
            self.end(name)
        else:
            self.start(name, html[match.end() : end])
        return end

    def start(self, name: str, attributes: str) -> None:
        if name in _SILENT:
            self.silent = name if not attributes.endswith("/>") else ""
        elif name == "br":
            self.new_line(always=True)
        elif name in ("td", "th"):
            self.line.append(" ")
        elif name in _BLOCK:
            self.block(name)
            self.line.append("- " if name == "li" else "")
            self.pre += name == "pre"
        if attributes and ("=" in attributes):
            self.notice(name, attributes)
        elif name == "blockquote":
            self.quote(opens=True)

    def end(self, name: str) -> None:
        if name in _BLOCK:
            self.block(name)
        if name == "blockquote" and self.quotes:
            while self.lines and self.lines[-1].startswith(">") and not self.lines[-1].strip("> "):
                self.lines.pop()
            self.depth -= self.quotes.pop()
        if name == "pre":
            self.pre = max(0, self.pre - 1)

    def block(self, name: str) -> None:
        self.new_line()
        if name in _PARAGRAPH and self.lines and self.lines[-1].strip("> "):
            self.lines.append("> " * self.depth)

    def notice(self, name: str, attributes: str) -> None:
        """See whether this element starts a quote."""
        values = {key.lower(): a or b or c for key, a, b, c in _ATTRIBUTE.findall(attributes[:2000])}
        if name == "blockquote":
            self.quote(opens=True)
            return
        marks = _QUOTE_CLASS.search(values.get("class", "")) or _QUOTE_ID.match(
            values.get("id", values.get("name", ""))
        )
        if not marks and name == "div":
            marks = _OUTLOOK_LINE.search(values.get("style", ""))
        if marks:
            self.new_line()
            self.lines.append("> " * self.depth + QUOTE_MARK)

    def quote(self, *, opens: bool) -> None:
        quotes = opens and self.depth < MAX_QUOTE_DEPTH
        self.quotes.append(quotes)
        self.depth += quotes

    def data(self, text: str) -> None:
        if self.silent:
            return
        if "&" in text:
            text = unescape(text)
        if self.pre:
            first, *rest = text.split("\n")
            self.line.append(first)
            for piece in rest:
                self.new_line(always=True)
                self.line.append(piece)
            return
        self.line.append(_SPACES.sub(" ", text))

    def new_line(self, *, always: bool = False) -> None:
        text = "".join(self.line)
        if not self.pre:
            text = _SPACES.sub(" ", text).strip()
        self.line = []
        if text or always:
            self.lines.append("> " * self.depth + text.rstrip())

    def result(self) -> str:
        self.new_line()
        text = "\n".join(line.rstrip() for line in self.lines).replace("\0", "")
        return _MANY_EMPTY.sub("\n\n", text).strip("\n")
