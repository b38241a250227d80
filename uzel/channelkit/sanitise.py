"""The HTML of a message made safe to show inside a sandboxed frame; done when it is shown, never when it arrives."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec
import nh3

# Stands where a remote image stood: one transparent dot, so that nothing is fetched and the layout holds.
BLOCKED_IMAGE = "data:image/gif;base64,R0lGODlhAQABAAAAACw="

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "address",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
_DROPPED = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "noscript",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "select",
        "textarea",
    ]
)
_CELL = {"align", "valign", "bgcolor", "width", "height", "colspan", "rowspan", "nowrap", "scope"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "table": {"width", "height", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": _CELL,
    "th": _CELL,
    "tr": {"valign", "bgcolor"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "li": {"value"},
    "blockquote": {"type"},
    "time": {"datetime"},
}
# Nothing that loads, covers other parts of the page or hides text from the agent while showing it to a robot.
_STYLES = frozenset(
    [
        "color",
        "background-color",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "font-variant",
        "line-height",
        "letter-spacing",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "vertical-align",
        "white-space",
        "word-spacing",
        "direction",
        "margin",
        "margin-top",
        "margin-right",
        "margin-bottom",
        "margin-left",
        "padding",
        "padding-top",
        "padding-right",
        "padding-bottom",
        "padding-left",
        "border",
        "border-top",
        "border-right",
        "border-bottom",
        "border-left",
        "border-color",
        "border-style",
        "border-width",
        "border-collapse",
        "border-spacing",
        "border-radius",
        "width",
        "max-width",
        "height",
        "max-height",
        "min-width",
        "list-style-type",
        "table-layout",
    ]
)
_STYLE_DANGER = re.compile(r"url|expression|import|image|\\|@|/\*|javascript|var\s*\(|attr\s*\(|env\s*\(|calc", re.I)
_NEGATIVE = re.compile(r"(?:margin|text-indent|letter-spacing|word-spacing)[a-z-]*\s*:[^;]*-\s*[\d.]", re.I)
_INLINE_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.I)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.I)


class Sanitised(msgspec.Struct, frozen=True):
    """HTML that runs nothing and fetches nothing but the files given; ``blocked`` remote images were left out."""

    html: str
    blocked: int = 0


def sanitise_html(html: str, files: Mapping[str, str] | None = None, *, remote: bool = False) -> Sanitised:
    """Clean ``html`` for the frame.

    Args: files: content-id (without brackets) → the address or the ``data:`` of that inline file.
        remote: leave images that stand elsewhere; their owner then learns that and from where the mail was read.
    """
    found = _Images(files or {}, remote)
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=found.filter,
        filter_style_properties=set(_STYLES),
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )
    return Sanitised(clean, found.blocked)


class _Images:
    def __init__(self, files: Mapping[str, str], remote: bool) -> None:
        self.files = {key.strip("<>").lower(): value for key, value in files.items()}
        self.remote = remote
        self.blocked = 0

    def filter(self, tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return None if _STYLE_DANGER.search(value) or _NEGATIVE.search(value) else value
        if tag == "img" and name == "src":
            return self.image(value.strip())
        if name == "href":
            return value if _LINK.match(value.strip()) else None
        return value

    def image(self, source: str) -> str:
        if source[:4].lower() == "cid:":
            return self.files.get(unquote(source[4:]).strip("<>").lower()) or BLOCKED_IMAGE
        if _INLINE_IMAGE.fullmatch(source):
            return source
        if self.remote and source[:8].lower() == "https://":
            return source
        self.blocked += 1
        return BLOCKED_IMAGE
