"""Functions of a project that hand a name to the environment: what they put around it, and whether they can do without a value."""

import ast
import re

from casts import of_body, of_expression
from values import UNKNOWN, constant, dotted, index, literal


class Helper:
    """
    Such a function. `position` and `word` are those of the parameter with what it returns instead of a missing value; `demand` is
    that of a parameter that says whether there must be one.
    """

    def __init__(self, optional, around, first, position, word, fallback, cast, demand):
        self.demand = demand
        self.first = first
        self.optional = optional
        self.around = around
        self.position = position
        self.word = word
        self.fallback = fallback
        self.cast = cast

    def name(self, text):
        prefix, suffix, upper = self.around
        return prefix + (text.upper() if upper else text) + suffix


def learn_helper(readers, arguments, body, constants):
    """What a function or lambda with these parameters is as a reader of the environment; None where it is none."""
    parameters = getattr(arguments, "posonlyargs", []) + arguments.args
    values = [None] * (len(parameters) - len(arguments.defaults)) + list(arguments.defaults)
    known = list(zip([one.arg for one in parameters], values))
    if known and known[0][0] in ("self", "cls"):
        known = known[1:]
    if not known:
        return None
    first = known[0][0]
    words = known[1:] + [(one.arg, value) for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults)]
    for inner in ast.walk(body):
        key, strict, cast, outer = read_in(readers, inner)
        around = key is not None and wrapped(key, first, constants)
        if not around:
            continue
        if outer is not None:
            around = (outer.name(around[0]), around[1] + outer.around[1], around[2] or outer.around[2])
        raises = list(refusals(body, first))
        demand = next((one[0] for one in words if raises and all(one[0] in conditions for conditions in raises)), None)
        # It may hand the question on to another helper.
        demand = demand or next((one[0] for one in words if one[0] == "required" and not raises), None)
        default = next((one[1] for one in words if one[0] == demand), None)
        strict = strict and not guarded(readers, body, first) or bool(raises) and (demand is None or default is not None and constant(default) is True)
        word, value = next((one for one in words if is_default(one[0], inner, body)), (None, None))
        position = next((at for at, one in enumerate(known) if one[0] == word), None)
        fallback = UNKNOWN if value is None else literal(value, constants)
        optional = value is not None and not (strict and fallback is None)
        by_word = next((of_expression(one[1]) for one in words if one[0] in ("cast", "type") and one[1] is not None), None)
        return Helper(optional or not strict, around, first, position, word, fallback, by_word or of_body(body) or cast, demand)
    return None


def is_default(word, read, body):
    """Whether a parameter is what a helper returns instead of a missing value: by its name, or since the read or a `return` has it."""
    if re.search(r"default|fallback|otherwise", word):
        return True
    handed = read.args[1:] + [one.value for one in read.keywords] if isinstance(read, ast.Call) else []
    returned = [part.value for part in ast.walk(body) if isinstance(part, ast.Return) and part.value is not None]
    branches = [part.body for part in returned if isinstance(part, ast.IfExp)] + [part.orelse for part in returned if isinstance(part, ast.IfExp)]
    return any(isinstance(one, ast.Name) and one.id == word for one in handed + returned + branches)


def read_in(readers, node):
    """The key that an expression reads, whether it must be there, and what is made of it, with the helper that does so."""
    if isinstance(node, ast.Subscript) and dotted(node.value) in readers.environ:
        return index(node), True, None, None
    if isinstance(node, ast.Call) and node.args:
        called = dotted(node.func)
        alone = len(node.args) == 1 and not node.keywords
        if called in readers.getenv or called in {one + ".get" for one in readers.environ}:
            return node.args[0], False, None, None
        if called in readers.env or "." in called and called.rsplit(".", 1)[0] in readers.env:
            return node.args[0], alone, None, None
        helper = readers.functions.get(called)
        if helper is not None:
            return node.args[0], alone and not helper.optional, helper.cast, helper
    return None, False, None, None


def wrapped(node, parameter, constants):
    """What stands before and after a parameter in an expression, and whether it is put in capitals; None where it is not in it."""
    if isinstance(node, ast.Name):
        return ("", "", False) if node.id == parameter else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "upper":
        inner = wrapped(node.func.value, parameter, constants)
        return inner and (inner[0].upper(), inner[1].upper(), True)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left, node.right]
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
    else:
        return None
    found = None
    before = after = ""
    for part in parts:
        inner = wrapped(part, parameter, constants)
        text = literal(part, constants) if inner is None else None
        if inner is not None and found is None:
            found = inner
        elif not isinstance(text, str):
            return None
        elif found is None:
            before += text
        else:
            after += text
    return found and (before + found[0], found[1] + after, found[2])


def guarded(readers, body, parameter):
    """Whether a function looks first if the name is there, or catches that it is not."""
    for node in ast.walk(body):
        if isinstance(node, ast.Try):
            return True
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)) and dotted(node.comparators[0]) in readers.environ:
            return True
    return False


def refusals(node, parameter, conditions=frozenset()):
    """
    Where a helper that asks politely (`os.environ.get`) still refuses a missing name: it raises with that name in its words. Each as
    the names that alone are the condition of a branch around it: `if required: raise …`.
    """
    if isinstance(node, ast.Raise) and node.exc is not None:
        inside = list(ast.walk(node.exc))
        words = " ".join(str(one.value) for one in inside if isinstance(one, ast.Constant))
        if any(isinstance(one, ast.Name) and one.id == parameter for one in inside) and not re.search(r"_FILE|file", words):
            yield conditions
    for part in ast.iter_child_nodes(node):
        # That a value is none of those allowed says nothing of one that is missing.
        if isinstance(node, ast.If) and part in node.body and is_choice(node.test):
            continue
        asked = isinstance(node, ast.If) and part in node.body and conditions | {one.id for one in all_of(node.test) if isinstance(one, ast.Name)}
        yield from refusals(part, parameter, asked or conditions)


def is_choice(test):
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn) and not dotted(test.comparators[0]).endswith("environ")


def all_of(test):
    """The parts of a condition that must all hold."""
    return [inner for value in test.values for inner in all_of(value)] if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def constants_of(tree):
    """The texts that a module's names stand for: prefixes of variables, as a rule."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(constant(node.value), str):
            found[node.targets[0].id] = node.value.value
    return found
