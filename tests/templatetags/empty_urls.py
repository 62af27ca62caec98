"""A project that forgot to include the plugin's URLs."""

urlpatterns: list[object] = []
