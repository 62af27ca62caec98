"""Background jobs: how far they are, run one now, stop one."""

from typing import Any

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.models import JobKind, JobRun, JobState
from recommendations.rest import examples
from recommendations.rest.base import TrustedView
from recommendations.rest.described import in_path, operation
from recommendations.rest.pages import HIGHEST_ID, Page, asked_of, checked, page, page_of
from recommendations.rest.parameters import refuse_unknown
from recommendations.services import command

JOB_ID = in_path("job_id", "a job's id", kind=int)


class JobRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=JobKind.values)
    slot = serializers.CharField(help_text="what it is for: asked for twice, it is one run")
    state = serializers.ChoiceField(choices=JobState.values)
    progress = serializers.FloatField(help_text="from 0 to 1")
    message = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)
    parameters = serializers.DictField(child=serializers.JSONField(), help_text="what it ran with")
    attempts = serializers.IntegerField()
    requested_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class JobFilters(Page):
    kind = serializers.ChoiceField(choices=JobKind.values, required=False)
    state = serializers.ChoiceField(choices=JobState.values, required=False)


class JobRequest(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[kind.value for kind in command.ON_REQUEST])


class JobsView(TrustedView):
    """Runs of jobs, newest first; asking for one that is waiting or at work gives that one."""

    part = "jobs"
    rights = {"GET": ["view_jobrun"], "POST": ["run_jobrun"]}

    @operation(
        "List jobs",
        answer=page_of(JobRow),
        parameters=(JobFilters,),
        errors=(401, 403),
        shown=examples.page_with(examples.JOB),
    )
    def get(self, request: Request) -> Response:
        asked = asked_of(JobFilters, request)
        chosen = {name: asked[name] for name in ("kind", "state") if name in asked}
        found, following = page(JobRun.objects.filter(**chosen), by="id", asked=asked)
        return Response({"results": JobRow(found, many=True).data, "next": following})

    @operation(
        "Run a job now",
        answer=JobRow,
        status=201,
        meaning="Requested; a worker takes it up within seconds.",
        repeated=JobRow,
        request=JobRequest,
        errors=(401, 403),
        sent={"kind": "mine"},
        shown=examples.JOB,
    )
    def post(self, request: Request) -> Response:
        kind = JobKind(checked(JobRequest, request)["kind"])
        run, brought_about = command.run_now(kind, user=request.user)
        code = status.HTTP_201_CREATED if brought_about else status.HTTP_200_OK
        return Response(JobRow(run).data, status=code)


class JobView(TrustedView):
    """One run of a job."""

    part = "jobs"
    rights = {"GET": ["view_jobrun"]}

    @operation("One job", answer=JobRow, parameters=(JOB_ID,), errors=(401, 403, 404), shown=examples.JOB)
    def get(self, request: Request, job_id: int) -> Response:
        refuse_unknown(request.query_params, ())
        return Response(JobRow(job_of(job_id)).data)


class CancelView(TrustedView):
    """Stop a run that waits or is at work; its worker hears of it within seconds."""

    part = "jobs"
    operation_name = "CancelJob"
    rights = {"POST": ["run_jobrun"]}

    @operation("Cancel a job", answer=JobRow, parameters=(JOB_ID,), errors=(401, 403, 404, 409), shown=examples.JOB)
    def post(self, request: Request, job_id: int) -> Response:
        run = job_of(job_id)
        command.cancel(run, user=request.user)
        return Response(JobRow(run).data)


def job_of(job_id: int) -> JobRun:
    """The run of this id."""
    run = JobRun.objects.filter(pk=job_id).first() if job_id <= HIGHEST_ID else None
    if run is None:
        raise Http404("there is no such job")
    return run
