"""What the WSGI and the ASGI entry of a site have in common: finding the project's application, and the headers it must not believe.

The edge overwrites or takes away every header that is known to say who or where a visitor is. It can only do so by whole names; the
families below are open at the end, so what is left of them is taken away here.
"""

import importlib
import sys

# Beginnings of header names, in small letters. A test holds them equal to src/components/nginx/request-headers.ts.
FAMILIES = (
    "x-forwarded-",
    "x-original-",
    "x-auth-request-",
    "x-authenticated-",
    "remote-",
    "x-remote-",
    "x-webauth-",
    "tailscale-",
    "cf-access-",
    "cf-connecting-",
    "x-goog-authenticated-user-",
    "x-goog-iap-",
    "x-appengine-",
    "x-ms-client-principal",
    "x-ms-token-",
    "x-amzn-oidc-",
    "x-amzn-mtls-",
    "x-authentik-",
    "x-pomerium-",
    "x-vouch-",
    "x-consumer-",
    "x-credential-",
    "ssl-client-",
    "x-ssl-client-",
    "x-client-cert",
    "client-cert",
)

# What the edge itself says in one of these families.
KEPT = ("x-forwarded-for", "x-forwarded-proto")


# What comes in pieces that somebody waits for, where its length is not told.
STREAMS = ("text/", "application/json", "application/x-ndjson", "application/jsonl", "application/json-seq", "application/stream+json")


def streams(content_type, is_length_told):
    """Whether the edge has to send each piece of an answer as it comes, and not collect them."""
    return not is_length_told and content_type.lower().startswith(STREAMS)


def load(path):
    """The object that ``package.module:name`` names."""
    module, _, name = path.partition(":")
    found = importlib.import_module(module)
    for part in (name or "application").split("."):
        found = getattr(found, part)
    return found


def load_application(path):
    """The project's application, whose failed requests leave a traceback in the log from now on."""
    loaded = load(path)
    try:
        import roadie_errors

        roadie_errors.install()
    except Exception as error:
        # An application without Django has no such signal, and serves all the same.
        sys.stderr.write("roadie: failures of requests are not written: %s: %s\n" % (type(error).__name__, error))
    return loaded
