"""Routes in urls.py that tell whether the site is healthy."""

import ast
import re

from values import constant, dotted

HEALTH = re.compile(r"^/?[\w/-]*\b(healthz?|health[-_]?check|health[-_]?status|ht|livez|readyz|ping|status|up|_health|alive|heartbeat)/?$", re.IGNORECASE)


def health_routes(project, file):
    source = project.source(file)
    found = []
    if source is None:
        return found
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in ("path", "re_path", "url") and node.args:
            text = constant(node.args[0])
            if isinstance(text, str):
                plain = text.replace("^", "").replace("$", "").replace("/?", "/")
                if HEALTH.match(plain):
                    found.append({"value": "/" + plain.lstrip("/"), "file": file, "line": node.lineno, "conditional": False})
    return found
