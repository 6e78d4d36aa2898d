"""`{% cells %}`: the cells of a row, in the columns that a person chose; `{% field … %}`: one of its texts;
`{% figures %}` and `{% figure %}`: a row, or one cell, of the table of a chart.

Each column has a template in `messages_app/cells/`. They are found once for a table, and their nodes
rendered as if they stood in the row's template: an include for each cell would cost more than the cell.
A table has thousands of texts, so that the way of a variable through filters, formats and locales would
take most of the page's time; a row's fields are texts for people already, and want nothing but escaping. The
same holds for the hundreds of cells below a chart.
"""

from html import escape

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import get_template

from messages_app.charts.marks import Cell
from messages_app.preferences import USUAL

register = template.Library()


class CellsNode(template.Node):
    """Renders the cells of the row at hand; `shown` in the context names the columns."""

    def render(self, context: Context) -> str:
        if self not in context.render_context:
            names = context.get("shown") or USUAL
            context.render_context[self] = [_nodes(name) for name in names]
        return "".join(nodes.render(context) for nodes in context.render_context[self])


def _nodes(name: str) -> NodeList:
    return get_template(f"messages_app/cells/{name}.html").template.nodelist  # type: ignore[attr-defined]


class FieldNode(template.Node):
    """Renders one text of the row at hand, always escaped."""

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, context: Context) -> str:
        return escape(getattr(context["row"], self.name))


class FiguresNode(template.Node):
    """Renders the `row` at hand of a chart's table: what it is about, then its figures."""

    def render(self, context: Context) -> str:
        head, *others = context["row"]
        return f'<tr><th scope="row">{_told(head)}</th>{"".join(map(_figure, others))}</tr>\n'


class FigureNode(template.Node):
    """Renders the `cell` at hand, without its element."""

    def render(self, context: Context) -> str:
        return _told(context["cell"])


def _figure(cell: Cell) -> str:
    heat = f" heat-{cell.heat}" if cell.heat else ""
    bare = f' data-value="{escape(cell.bare)}"' if cell.value is not None else ""
    return f'<td class="num{heat}"{bare}>{_told(cell)}</td>'


def _told(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.href:
        text = f'<a href="{escape(cell.href)}">{text}</a>'
    if cell.shape:
        sign = f'<span class="badge-shape" aria-hidden="true">{escape(cell.shape)}</span>'
        text = f'<span class="badge tone-{escape(cell.tone)}">{sign}</span>{text}'
    return (
        f'{text}<small class="cell-before">{escape(cell.before)}</small>' if cell.before else text
    )


@register.tag
def figures(_parser: Parser, _token: Token) -> FiguresNode:
    """The cells of `row`, one of a chart's table."""
    return FiguresNode()


@register.tag
def figure(_parser: Parser, _token: Token) -> FigureNode:
    """What `cell` of a chart's table says."""
    return FigureNode()


@register.tag
def cells(_parser: Parser, _token: Token) -> CellsNode:
    """The cells of `row`."""
    return CellsNode()


@register.tag
def field(_parser: Parser, token: Token) -> FieldNode:
    """`{% field NAME %}`: the text of that name of `row`."""
    _tag, name = token.split_contents()
    return FieldNode(name)
