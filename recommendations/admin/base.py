"""What all of the plugin's admin pages share: read-only rows, lists of large tables, titles of products."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.models import Shopper
from recommendations.services.titles import context_of, find_items, told_of

MOST_LISTED = 1_000
HIGHEST_ID = 2**63 - 1

DECIDE = "recommendations.decide_rule"
RUN_JOBS = "recommendations.run_jobrun"
SEE_PERSONAL_DATA = "recommendations.see_personal_data"
"""The permission for whatever tells of a single shopper."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages over the first 1,000 rows: it looks no further, so a table of millions costs what a small one does."""

    @cached_property
    def _found(self) -> int:
        # In no order: the newest rows of few products would else be looked for among all rows, from the newest on.
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk", flat=True)[: MOST_LISTED + 1])

    @cached_property
    def count(self) -> int:
        return min(self._found, MOST_LISTED)

    @property
    def is_cut(self) -> bool:
        """Whether there are rows beyond."""
        return self._found > MOST_LISTED


@dataclass(frozen=True, slots=True)
class Page:
    """A view beside a list: its name, its route below the list's, the permission it needs, what answers.

    Its URL is named `admin:recommendations_<model>_<name>`. One with a label is linked above the list for whoever may;
    where it is `filtered`, with what the list is filtered by.
    """

    name: str
    route: str
    permission: str
    view: Callable[..., HttpResponse]
    label: Any = ""
    filtered: bool = False


class TitledChangeList(ChangeList):
    """A page of rows that know their products' titles before the first is drawn."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        self.model_admin.dress(rows, request)  # type: ignore[attr-defined]
        self.result_list = rows


class BasketryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin that never counts a table and asks the shop for titles once a page.

    `item_fields` and `shopper_fields` name the foreign keys that a search by product or shopper follows,
    `exact_fields` the columns that a search compares as they are. Who may not see personal data sees no shopper,
    and finds no row by one.
    """

    change_list_template = "admin/recommendations/change_list.html"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    item_fields: Sequence[str] = ()
    shopper_fields: Sequence[str] = ()
    exact_fields: Sequence[str] = ()

    class Media:
        css = {"all": ("recommendations/admin.css",)}

    def pages(self) -> Sequence[Page]:
        """The views beside the list."""
        return ()

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(page.route, self.admin_site.admin_view(self._guarded(page)), name=f"{self._named}_{page.name}")
            for page in self.pages()
        ]
        return [*pages, *super().get_urls()]

    def page_url(self, name: str, *args: Any) -> str:
        """Where one of the views beside the list is."""
        return reverse(f"admin:{self._named}_{name}", args=args, current_app=self.admin_site.name)

    def render(
        self, request: HttpRequest, template: str, *, title: Any, context: Mapping[str, Any]
    ) -> TemplateResponse:
        """A page of the admin, `admin/recommendations/page.html` filled in by the named template beside it."""
        own = {"title": title, "opts": self.opts, "media": self.media, **context}
        everywhere = self.admin_site.each_context(request)
        return TemplateResponse(request, f"admin/recommendations/{template}", {**everywhere, **own})

    @property
    def _named(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _guarded(self, page: Page) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(page.permission):
                raise PermissionDenied
            return page.view(request, *args, **kwargs)

        return view

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TitledChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        pages = [
            {
                "label": label,
                "url": self.page_url(page.name)
                + (f"?{request.GET.urlencode()}" if page.filtered and request.GET else ""),
            }
            for page in self.pages()
            if request.user.has_perm(page.permission) and (label := str(page.label))
        ]
        response = super().changelist_view(request, {**(extra_context or {}), "pages": pages})
        page = getattr(response, "context_data", None) or {}
        if "cl" in page and page["cl"].paginator.is_cut:
            words = gettext("The first %(most)s rows. Search or filter to see others.")
            page["subtitle"] = words % {"most": f"{MOST_LISTED:,}"}
        return response

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            self.load(row)
            self.dress([row], request)
        return row

    def load(self, row: Any) -> None:
        """Read what the page of one row shows beyond the row itself."""

    def dress(self, rows: Sequence[Any], request: HttpRequest) -> None:
        """Give each row the `facts` of its items, and their `titles`."""
        wanted = {row: list(self.items_of(row)) for row in rows}
        found = told_of((pk for items in wanted.values() for pk in items), context_of(request))
        for row, items in wanted.items():
            row.facts = {pk: found[pk] for pk in items if pk in found}
            row.titles = {pk: facts.title for pk, facts in row.facts.items()}

    def items_of(self, row: Any) -> Iterable[int]:
        """Ids of the items whose titles this row shows."""
        return [pk for pk in (getattr(row, f"{field}_id") for field in self.item_fields) if pk is not None]

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._without_persons(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._without_persons(request, super().get_fields(request, obj))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        is_personal = lookup.partition("__")[0] in self.shopper_fields
        if is_personal and not (request and sees_persons(request)):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def _without_persons(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        if sees_persons(request):
            return list(names)
        kept = (
            tuple(one for one in name if one not in self.shopper_fields) if isinstance(name, tuple) else name
            for name in names
        )
        return [name for name in kept if name and name not in self.shopper_fields]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows that the words name: by a key, by a product's title as the shop finds it, by a shopper."""
        words = search_term.strip().replace("\x00", "")
        if not words:
            return queryset, False
        named = Q(pk__in=[])
        for field in self.exact_fields:
            value = self._as_value(field, words)
            if value is not None:
                named |= Q(**{field: value})
        if self.item_fields:
            items = find_items(words)
            for field in self.item_fields:
                named |= Q(**{f"{field}__in": items})
        if self.shopper_fields and sees_persons(request):
            shoppers = list(Shopper.objects.filter(key=words).values_list("pk", flat=True))
            for field in self.shopper_fields:
                named |= Q(**{f"{field}__in": shoppers})
        return queryset.filter(named), False

    def _as_value(self, field: str, words: str) -> Any:
        """The words as a value of the field; None where they cannot be one."""
        if isinstance(self.model._meta.get_field(field), models.UUIDField):
            try:
                return UUID(words)
            except ValueError:
                return None
        return words


class ReadOnlyAdmin(BasketryAdmin):
    """Rows that the plugin writes and staff look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class PersonalAdmin(ReadOnlyAdmin):
    """Rows that each tell of a single shopper."""

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return sees_persons(request) and super().has_view_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what erased shoppers left, which is about to be deleted."""
        return super().get_queryset(request).exclude(shopper__in=Shopper.objects.erased())


def may_decide(request: HttpRequest) -> bool:
    """Whether the member of staff may decide of rules."""
    return bool(request.user.has_perm(DECIDE))


def sees_persons(request: HttpRequest) -> bool:
    """Whether the member of staff may see what tells of a single shopper."""
    user: Any = request.user
    return bool(user.has_perm(SEE_PERSONAL_DATA))


def listed(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """What a list can show of these rows: an action on "all" means no row that staff could not see."""
    return queryset[:MOST_LISTED]


def more_than(count: int, shown: int) -> str:
    """How many there are beyond those that a page shows; empty for none."""
    return gettext("and %(count)s more") % {"count": f"{count - shown:,}"} if count > shown else ""


def title_of(field: str, description: Any) -> Any:
    """A list column: the title of the item that a foreign key points to."""

    @admin.display(description=description)
    def title(_admin: Any, row: Any) -> str:
        pk = getattr(row, f"{field}_id")
        return row.titles.get(pk, str(pk)) if pk is not None else ""

    return title


def table(headings: Iterable[Any], rows: Iterable[Sequence[Any]]) -> SafeString:
    """An HTML table for a read-only field; every cell is escaped."""
    head = format_html_join("", "<th>{}</th>", ((heading,) for heading in headings))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


SEARCH_HELP = _("Search by product key or words of its title.")
