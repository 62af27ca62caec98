"""Background jobs: the row decides who runs what; Celery only carries its id."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.conf import settings
from recommendations.models.database import PrimaryManager, Row


class JobKind(models.TextChoices):
    MINE = "mine", _("mine rules")
    TRAIN = "train", _("train the network")
    REFRESH = "refresh", _("refresh the network")
    PRUNE = "prune", _("prune old rows")
    RECOUNT = "recount", _("count everything anew")
    BACKFILL = "backfill", _("back-fill the shop's own orders")
    STATISTICS = "statistics", _("statistics of items")
    EXPOSURES = "exposures", _("learn from what was shown")
    PREVIEW = "preview", _("preview rules")
    OUTCOMES = "outcomes", _("daily figures of the placements")
    ERASE = "erase", _("delete what was kept of erased shoppers")


class JobState(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    SKIPPED = "skipped", _("skipped")
    FAILED = "failed", _("failed")


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet["JobRun"]):
    def open(self) -> "JobQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def quarantined(self) -> "JobQuerySet":
        """Runs that used up their attempts and are not tried again by themselves."""
        return self.filter(state=JobState.FAILED, attempts__gte=settings.JOB_ATTEMPTS)


class JobRun(Row):
    """One run of a job. `slot` names what it is for, so asking twice is one run; one run of a kind is open at a time.

    Whoever holds `token` until `lease_until` may write; a later claim raises the token and shuts the former holder out.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=JobKind)
    slot = models.CharField(_("slot"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    token = models.BigIntegerField(_("fencing token"), default=0)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    progress = models.FloatField(_("progress"), default=0)
    message = models.CharField(_("message"), max_length=200, blank=True)
    error = models.TextField(_("error"), blank=True)
    result = models.JSONField(_("result"), default=dict)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    requested_by = models.CharField(_("requested by"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("requested"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = PrimaryManager.from_queryset(JobQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        permissions = [("run_jobrun", _("Can run and cancel jobs"))]
        constraints = [
            models.UniqueConstraint(fields=["kind", "slot"], name="rec_job_slot"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(state__in=["queued", "running"]), name="rec_job_one_open"
            ),
            models.CheckConstraint(condition=Q(kind__in=JobKind.values), name="rec_job_kind"),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="rec_job_state"),
            models.CheckConstraint(condition=Q(progress__gte=0, progress__lte=1), name="rec_job_progress"),
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="rec_job_kind_id")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.slot}"


class LogLevel(models.TextChoices):
    INFO = "info", _("told")
    WARNING = "warning", _("warning")
    ERROR = "error", _("error")


class JobLog(Row):
    """One line of what a run tells; of each run the newest are kept, and they go with it."""

    job = models.ForeignKey(
        JobRun, verbose_name=_("job"), on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    at = models.DateTimeField(_("when"))
    level = models.CharField(_("level"), max_length=7, choices=LogLevel)
    text = models.CharField(_("line"), max_length=500)

    class Meta:
        verbose_name = _("line of a job's log")
        verbose_name_plural = _("lines of jobs' logs")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(level__in=LogLevel.values), name="rec_joblog_level")]
        indexes = [models.Index(fields=["job", "id"], name="rec_joblog_job")]

    def __str__(self) -> str:
        return self.text
