"""What an expression of a parsed source comes to, without running it."""

import ast

# The value of what cannot be told.
UNKNOWN = object()


def dotted(node):
    """`a.b.c` as text, or ''."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return ""


def constant(node):
    return node.value if isinstance(node, ast.Constant) else UNKNOWN


def literal(node, names):
    """The value of an expression made of literals and known names; UNKNOWN otherwise. Unknown members of a list are left out."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id, UNKNOWN)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        values = []
        for one in node.elts:
            inner = one.value if isinstance(one, ast.Starred) else one
            value = literal(inner, names)
            if isinstance(one, ast.Starred):
                values.extend(value if isinstance(value, list) else [])
            elif value is not UNKNOWN:
                values.append(value)
        return values
    if isinstance(node, ast.Dict):
        return {str(constant(key)): value for key, value in ((key, literal(value, names)) for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant)) if value is not UNKNOWN}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = literal(node.left, names), literal(node.right, names)
        if isinstance(left, list) or isinstance(right, list):
            return (left if isinstance(left, list) else []) + (right if isinstance(right, list) else [])
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        return UNKNOWN
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        left, right = literal(node.left, names), literal(node.right, names)
        values = tuple(right) if isinstance(right, list) else (right,)
        if isinstance(left, str) and all(isinstance(one, str) for one in values) and left.count("%") == left.count("%s") == len(values):
            return left % values
        return UNKNOWN
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format" and not node.keywords:
        whole, values = literal(node.func.value, names), [literal(one, names) for one in node.args]
        if isinstance(whole, str) and all(isinstance(one, str) for one in values) and whole.count("{") == whole.count("{}") == len(values):
            return whole.format(*values)
        return UNKNOWN
    if isinstance(node, ast.JoinedStr):
        parts = [literal(part.value if isinstance(part, ast.FormattedValue) else part, names) for part in node.values]
        return "".join(parts) if all(isinstance(part, str) for part in parts) else UNKNOWN
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple", "set") and len(node.args) == 1:
        return literal(node.args[0], names)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = literal(node.operand, names)
        return -value if isinstance(value, (int, float)) else UNKNOWN
    return UNKNOWN


def shown(value):
    """A default as it would stand in the environment."""
    if isinstance(value, bool) or isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return None


def index(node):
    """What stands in the brackets; Python 3.8 wraps it."""
    inner = node.slice
    return inner.value if type(inner).__name__ == "Index" else inner
