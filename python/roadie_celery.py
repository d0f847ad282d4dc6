"""Leads Celery's broker and result backend to the site's own Redis where the project's code names others beside it.

``Celery("shop", broker="redis://redis:6379/0", backend=…)`` and ``app.conf.broker_url = …`` count before Django's settings, so
those are too late. What Celery reads is changed instead, in workers as in the processes that send tasks. An address that can only
mean a server beside the project (this machine, a name without a dot) is replaced, its database's number is kept; every other
one is the owner's choice.
"""

import re

_BROKERS = ("redis", "rediss", "amqp", "pyamqp", "librabbitmq")
_BACKENDS = ("redis", "rediss", "amqp")


def _host(url):
    """The scheme and the host of an address; None where it has no such form."""
    found = re.match(r"^([a-z0-9+]+)://(?:[^@/]*@)?(\[[^\]]*\]|[^:/?]*)", url)
    return (found.group(1), found.group(2).strip("[]")) if found else None


def _is_beside(url, schemes):
    found = _host(url)
    return found is not None and found[0] in schemes and (found[1].startswith("127.") or "." not in found[1])


def led(url, ours, schemes=_BROKERS):
    """The address to use for one that the project names; several, as of a failover, are one where all are beside it."""
    if not isinstance(url, str) or not url or not all(_is_beside(one, schemes) for one in url.split(";")):
        return url
    number = re.search(r"^rediss?://[^/]*/(\d{1,2})/?(?:\?|$)", url)
    return re.sub(r"virtual_host=\d+", "virtual_host=%s" % number.group(1), ours) if number else ours


def lead_settings(module, ours):
    """Changes what `celery.app.utils.Settings` answers. Where nothing is named, Celery's own default is RabbitMQ on this machine."""
    broker, backend = module.Settings.broker_url.fget, module.Settings.result_backend.fget
    module.Settings.broker_url = property(lambda settings: led(broker(settings) or "amqp://localhost//", ours))
    module.Settings.result_backend = property(lambda settings: led(backend(settings), ours, _BACKENDS))


def lead_application(module, ours):
    """Changes the result backend that an application was made with: it counts before all settings."""
    original = module.Celery._get_backend

    def _get_backend(app):
        app.backend_cls = led(app.backend_cls, ours, _BACKENDS)
        return original(app)

    module.Celery._get_backend = _get_backend
