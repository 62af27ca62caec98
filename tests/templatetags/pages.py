"""A page's template, rendered and read."""

import re

from django.template import Context, RequestContext, Template

HOSTILE = '</script><img src=x onerror="alert(1)">'

VISITOR = "7f1c0f5e-5f0a-4f6e-9d8e-3f1f5f0a4f6e"


def render(source, request=None, **values):
    template = Template("{% load recommendations %}" + source)
    return template.render(Context(values) if request is None else RequestContext(request, values))


def hrefs(html):
    return re.findall(r'href="([^"]*)"', html)


def shown(html):
    return re.findall(r'data-basketry-item="([^"]*)"', html)


class Product:
    """A host's product object."""

    def __init__(self, pk, parent_id=None):
        self.pk = pk
        self.parent_id = parent_id
