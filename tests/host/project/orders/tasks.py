"""What the bookshop does in the background."""

from celery import shared_task


@shared_task
def remind():
    """Remind customers of what is left in their cart."""
