"""Lets the tests run without Redis, collected static files or a media directory."""

from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import override_settings
from django.test.runner import DiscoverRunner
from django_rq.queues import DjangoRQ


class ImmediateQueue(DjangoRQ):
    """A queue that runs each job on the spot, in the process that enqueues it."""

    def enqueue_call(self, func, args=None, kwargs=None, **options):
        return func(*(args or ()), **(kwargs or {}))


class SelfContainedRunner(DiscoverRunner):
    def setup_test_environment(self, **kwargs):
        super().setup_test_environment(**kwargs)
        self._media = TemporaryDirectory()
        self._overrides = override_settings(
            CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
            MEDIA_ROOT=self._media.name,
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
            RQ={"QUEUE_CLASS": ImmediateQueue},
            STORAGES=settings.STORAGES
            | {
                "staticfiles": {
                    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
                },
            },
        )
        self._overrides.enable()

    def teardown_test_environment(self, **kwargs):
        self._overrides.disable()
        self._media.cleanup()
        super().teardown_test_environment(**kwargs)
