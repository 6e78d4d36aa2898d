"""`{% cells %}`: the cells of a row, in the columns that a person chose; `{% field … %}`: one of its texts.

Each column has a template in `messages_app/cells/`. They are found once for a table, and their nodes
rendered as if they stood in the row's template: an include for each cell would cost more than the cell.
A table has thousands of texts, so that the way of a variable through filters, formats and locales would
take most of the page's time; a row's fields are texts for people already, and want nothing but escaping.
"""

from html import escape

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import get_template

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


@register.tag
def cells(_parser: Parser, _token: Token) -> CellsNode:
    """The cells of `row`."""
    return CellsNode()


@register.tag
def field(_parser: Parser, token: Token) -> FieldNode:
    """`{% field NAME %}`: the text of that name of `row`."""
    _tag, name = token.split_contents()
    return FieldNode(name)
