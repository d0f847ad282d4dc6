"""What the settings make of a text from the environment, and so the form that a value must have there.

A cast is a pair of a kind and a separator: "integer", "number", "boolean", "list" (whose items the separator parts), "json",
"toml", "path", "url", "web-url", "redis-url", "database-url". None: any text will do.
"""

import ast

from values import constant, dotted, index

# Of functions and types by the last part of their name.
CALLED = {
    "int": "integer", "float": "number", "Decimal": "number", "strtobool": "boolean", "str_to_bool": "boolean",
    "loads": "json", "literal_eval": "json", "safe_load": "json", "Path": "path",
}
TYPES = dict(CALLED, bool="boolean", list="list", tuple="list", set="list", dict="dictionary", Csv="list")
# Of methods of Env() objects and of django-configurations' values.
METHODS = {
    "int": "integer", "float": "number", "decimal": "number", "bool": "boolean", "list": "list", "tuple": "list", "set": "list",
    "dict": "dictionary", "json": "json", "path": "path", "url": "url",
}
VALUES = {
    "IntegerValue": "integer", "PositiveIntegerValue": "integer", "FloatValue": "number", "DecimalValue": "number",
    "BooleanValue": "boolean", "ListValue": "list", "TupleValue": "list", "SetValue": "list", "DictValue": "json",
    "URLValue": "web-url", "PathValue": "path",
}
ANNOTATIONS = {
    "int": "integer", "PositiveInt": "integer", "NonNegativeInt": "integer", "float": "number", "Decimal": "number", "bool": "boolean",
    "list": "json", "List": "json", "set": "json", "Set": "json", "tuple": "json", "Tuple": "json", "dict": "json", "Dict": "json", "Sequence": "json",
    "frozenset": "json", "Path": "path", "DirectoryPath": "path", "FilePath": "path", "NewPath": "path", "RedisDsn": "redis-url",
    "PostgresDsn": "database-url", "MySQLDsn": "database-url", "MariaDBDsn": "database-url",
    "AnyUrl": "web-url", "AnyHttpUrl": "web-url", "HttpUrl": "web-url",
}


def cast_of(kind, separator=","):
    """`separator`: whatever is known of it; a comma where that is no text."""
    return None if kind is None else (kind, (separator if isinstance(separator, str) else ",") if kind == "list" else None)


def of_expression(node):
    """Of what is given as `cast`: `int`, `Csv(delimiter=";")`, `lambda value: value.split(";")`."""
    if node is None:
        return None
    if isinstance(node, ast.Lambda):
        return of_body(node.body)
    if isinstance(node, (ast.List, ast.Tuple)):
        return cast_of("list")
    if isinstance(node, ast.Call):
        words = {word.arg: constant(word.value) for word in node.keywords}
        separator = words.get("delimiter", ",")
        return cast_of(TYPES.get(dotted(node.func).split(".")[-1]), separator)
    return cast_of(TYPES.get(dotted(node).split(".")[-1]))


def of_body(node):
    """Of a function: what it does first with a text, as far as that is told."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            found = by_call(part)
            if found is not None and found[0] != "path":
                return found
    return None


def by_call(node):
    """Of a call with a text: `int(text)`, `json.loads(text)`, `text.split(";")`."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        separator = constant(node.args[0]) if node.args else " "
        return cast_of("list", separator) if isinstance(separator, str) else None
    # The truth of a comparison is no text.
    if not node.args or isinstance(node.args[0], (ast.Compare, ast.BoolOp)):
        return None
    return cast_of(CALLED.get(dotted(node.func).split(".")[-1]))


def subject(node):
    """The expression that such a call is about."""
    return node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "split" else node.args[0] if node.args else None


def of_annotation(node):
    """Of a field's type, as pydantic-settings reads it: all that has members is JSON."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return of_annotation(ast.parse(node.value, mode="eval").body)
        except SyntaxError:
            return None
    if isinstance(node, ast.Subscript):
        outer = dotted(node.value).split(".")[-1]
        inner = index(node)
        if outer == "Annotated" and isinstance(inner, ast.Tuple) and inner.elts:
            plain = any("NoDecode" in dotted(one) for one in inner.elts[1:])
            return cast_of("list") if plain else of_annotation(inner.elts[0])
        if outer in ("Optional", "Union", "Final"):
            return next(iter(filter(None, map(of_annotation, inner.elts if isinstance(inner, ast.Tuple) else [inner]))), None)
        return cast_of(ANNOTATIONS.get(outer))
    if isinstance(node, ast.BinOp):
        return of_annotation(node.left) or of_annotation(node.right)
    return cast_of(ANNOTATIONS.get(dotted(node).split(".")[-1]))
