"""Invoices are kept in the archive, all else in the default database."""


class ArchiveRouter:
    def db_for_read(self, model, **_):
        return "archive" if model._meta.app_label == "invoices" else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **_):
        return (db == "archive") == (app_label == "invoices")
