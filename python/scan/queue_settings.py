"""What the settings of task queues and of Channels say: which storage, which broker, which backends."""

import ast

from values import UNKNOWN, constant, dotted, literal

# The settings of huey, Django Q2, Dramatiq, Django's own tasks and Channels.
NAMES = ("HUEY", "Q_CLUSTER", "DRAMATIQ_BROKER", "TASKS", "CHANNEL_LAYERS")


def outline(node, names, level=0):
    """
    A value as far as it can be told: keys are kept where their values are not known (null), and a call is its name and its keywords,
    `{"call": "SqliteHuey", "filename": null}`.
    """
    if level > 4:
        return None
    if isinstance(node, ast.Dict):
        return {constant(key): outline(value, names, level + 1) for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    if isinstance(node, ast.Call):
        return dict({one.arg: outline(one.value, names, level + 1) for one in node.keywords if one.arg}, call=dotted(node.func))
    value = literal(node, names)
    return None if value is UNKNOWN or isinstance(value, (bytes, complex)) or value is Ellipsis else value
