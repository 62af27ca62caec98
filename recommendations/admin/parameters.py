"""With which parameters mining and training run: a form for each desk, and what mining would find with others."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin import job_words
from recommendations.admin.base import RUN_JOBS, Page, table
from recommendations.admin.buttons import ButtonAdmin
from recommendations.admin.change_words import values_of
from recommendations.desks import DESKS, Chosen, Span
from recommendations.models import OPEN_STATES, Desk, JobKind, JobRun, Parameters
from recommendations.services import command, parameters

MOST_CHANGES = 10

LABELS: Mapping[str, tuple[Any, Any]] = {
    "MIN_RULE_ORDERS": (
        _("fewest orders of a rule"),
        _("Both sides must be in so many orders together. More orders: fewer rules, and surer ones."),
    ),
    "MIN_RULE_SHOPPERS": (
        _("fewest shoppers of a rule"),
        _("So many different shoppers must stand behind a rule, so that no single one makes it."),
    ),
    "MIN_WEIGHTED_LIFT": (
        _("least lift"),
        _("A pair must be bought together so many times as often as chance gives. 1 is what chance gives."),
    ),
    "FALSE_RULES": (
        _("share of false rules put up with"),
        _("0.05: of a hundred rules about five may be mere chance. Less: fewer rules, and surer ones."),
    ),
    "RULES_PER_ITEM": (_("most rules of a product"), _("Of each product and kind the strongest so many are kept.")),
    "RULE_ANTECEDENTS": (
        _("most products that a rule starts from"),
        _('1: only "who buys this also buys that"; 2 or 3: also "who buys these together".'),
    ),
    "LONG_RULE_SUPPORT": (
        _("least share of orders of a rule of several products"),
        _("0.001: one order in a thousand must hold all of its products."),
    ),
    "LONG_RULE_CONFIDENCE": (
        _("least confidence of a rule of several products"),
        _("0.25: in one of four orders that hold what it starts from, the other product is there too."),
    ),
    "MINE_SUBSTITUTES": (_("substitutes"), _("Also find products that are bought in place of each other.")),
    "MINE_VIEWS": (_("what is viewed"), _("Also find what is viewed together, and what is bought after a view.")),
    "VIEW_DAYS": (_("days of views"), _("Views of so many days back are read. Orders are not touched by this.")),
    "TRAIN_EPOCHS": (
        _("most passes"),
        _("The network goes over what it learns from at most so many times. More take longer."),
    ),
    "TRAIN_PATIENCE": (
        _("patience"),
        _("Training stops after so many passes that made the network no better on orders it had not seen."),
    ),
    "TRAIN_FACTORS": (
        _("width of the vectors"),
        _("How finely products are told apart. Wider: more memory and time, and more orders are needed."),
    ),
    "TRAIN_WEIGHT_DECAY": (
        _("regularisation"),
        _("How strongly the network is kept simple. More helps where there are few orders."),
    ),
    "TRAIN_SECONDS": (_("most seconds of a fit"), _("A fit ends with the pass in which so much time is over.")),
}


class ParametersForm(forms.Form):
    """The parameters of a desk, each within what staff may choose."""

    def __init__(self, desk: Desk, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours = Chosen(desk).values
        for name, allowed in DESKS[desk].items():
            self.fields[name] = _field(name, allowed, ours[name])

    def chosen(self, desk: Desk) -> dict[str, Any]:
        """What is not as the shop's settings say."""
        ours = Chosen(desk).values
        return {name: value for name, value in self.cleaned_data.items() if value != ours[name]}


def _field(name: str, allowed: Any, ours: Any) -> forms.Field:
    label, help_text = LABELS[name]
    if not isinstance(allowed, Span):
        setting = gettext("on") if ours else gettext("off")
        told = gettext("%(help)s The shop's setting: %(setting)s.") % {"help": help_text, "setting": setting}
        return forms.BooleanField(label=label, help_text=told, required=False)
    bounds = {"low": f"{allowed.low:g}", "high": f"{allowed.high:g}"}
    told = gettext("%(help)s From %(low)s to %(high)s; the shop's setting: %(setting)s.") % {
        **bounds,
        "help": help_text,
        "setting": f"{ours:g}",
    }
    words = gettext("%(name)s must be a whole number from %(low)s to %(high)s.")
    if not allowed.whole:
        words = gettext("%(name)s must be a number from %(low)s to %(high)s.")
    refused = words % {**bounds, "name": label}
    errors = dict.fromkeys(("required", "invalid", "min_value", "max_value"), refused)
    if allowed.whole:
        return forms.IntegerField(
            label=label,
            help_text=told,
            min_value=int(allowed.low),
            max_value=int(allowed.high),
            error_messages=errors,
        )
    return forms.FloatField(
        label=label, help_text=told, min_value=allowed.low, max_value=allowed.high, error_messages=errors
    )


class ParametersPages(ButtonAdmin):
    """The pages of both desks, beside the list of jobs."""

    def parameters_pages(self) -> Sequence[Page]:
        """One page a desk, and where it asks how a preview goes on."""
        return [
            Page("mining", "parameters/mining/", RUN_JOBS, self.mining, _("Parameters of mining")),
            Page("training", "parameters/training/", RUN_JOBS, self.training, _("Parameters of training")),
            Page("watch", "parameters/live/", RUN_JOBS, self.live),
        ]

    def live(self, request: HttpRequest) -> HttpResponse:
        """How runs go on."""
        raise NotImplementedError

    def live_url(self, runs: Sequence[JobRun], *, page: str = "live") -> str:
        """Where a page asks for that."""
        raise NotImplementedError

    def mining(self, request: HttpRequest) -> HttpResponse:
        return self._desk(request, Desk.MINING)

    def training(self, request: HttpRequest) -> HttpResponse:
        return self._desk(request, Desk.TRAINING)

    def _desk(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        preview = self._preview(request) if desk == Desk.MINING else None
        if request.method == "POST":
            if "reset" in request.POST:
                return self._saved(request, desk, {})
            form = ParametersForm(desk, request.POST)
            if form.is_valid():
                if "preview" in request.POST and desk == Desk.MINING:
                    run, _asked = command.ask_preview(form.cleaned_data, user=request.user)
                    return HttpResponseRedirect(f"{self.page_url(desk.value)}?preview={run.pk}#preview")
                return self._saved(request, desk, form.chosen(desk))
        else:
            values = parameters.chosen(desk).values
            form = ParametersForm(desk, initial={**values, **(preview.parameters if preview else {})})
        row = Parameters.objects.filter(desk=desk).first()
        is_open = preview is not None and preview.state in OPEN_STATES
        context = {
            "form": form,
            "has_preview": desk == Desk.MINING,
            "preview": preview,
            "preview_is_open": is_open,
            "bar": job_words.progress_bar(preview) if preview else "",
            "result": job_words.result_of(preview) if preview else "",
            "problem": job_words.moving(preview, "problem", job_words.problem(preview)) if preview else "",
            "live_url": self.live_url([preview], page="watch") if preview and is_open else "",
            "row": row,
            "changes": _changes(desk, row),
        }
        title = gettext("Parameters of mining") if desk == Desk.MINING else gettext("Parameters of training")
        return self.render(request, "parameters.html", title=title, context=context)

    def _preview(self, request: HttpRequest) -> JobRun | None:
        asked = request.GET.get("preview", "")
        if not (asked.isdecimal() and len(asked) < 19):
            return None
        return JobRun.objects.filter(pk=int(asked), kind=JobKind.PREVIEW).first()

    def _saved(self, request: HttpRequest, desk: Desk, values: Mapping[str, Any]) -> HttpResponse:
        parameters.change(desk, values, user=request.user)
        if "run" in request.POST:
            kind = JobKind.MINE if desk == Desk.MINING else JobKind.TRAIN
            run, brought_about = command.run_now(kind, user=request.user)
            told = " ".join((gettext("Saved."), job_words.asked(run, brought_about=brought_about)))
            messages.add_message(request, messages.SUCCESS if brought_about else messages.WARNING, told)
            return HttpResponseRedirect(self.list_url())
        words = gettext("Saved. The next run uses it.") if values else gettext("The shop's settings hold again.")
        messages.success(request, words)
        return HttpResponseRedirect(self.page_url(desk.value))


def in_words_table(desk: Desk, values: Mapping[str, Any]) -> SafeString | str:
    """Parameters by their names; empty where there are none."""
    rows = [(LABELS[name][0], _value(values[name])) for name in DESKS[desk] if name in values]
    return table((_("parameter"), _("value")), rows) if rows else ""


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("on") if value else gettext("off")
    return gettext("as the shop's settings say") if value is None else f"{value:g}"


def _changes(desk: Desk, row: Parameters | None) -> list[dict[str, Any]]:
    """The newest changes, a line a parameter: who, when, from what to what."""
    if row is None:
        return []
    kind = ContentType.objects.get_for_model(Parameters)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).select_related("user")
    found: list[dict[str, Any]] = []
    for entry in entries.order_by("-id")[:MOST_CHANGES]:
        before, after = values_of(entry) or ({}, {})
        for name in DESKS[desk]:
            if before.get(name) != after.get(name):
                values = {"before": _value(before.get(name)), "after": _value(after.get(name))}
                found.append({"at": entry.action_time, "by": entry.user, "name": LABELS[name][0], **values})
    return found
