"""Whether a reply has at least the shape of a document's example: the same keys, casing and JSON types."""

from __future__ import annotations


def differences(reply: object, example: object, path: str = "$") -> list[str]:
    """What the example has and the reply lacks or has as another JSON type; empty when the example is covered."""
    if isinstance(example, dict):
        if not isinstance(reply, dict):
            return [f"{path}: {_json_type(reply)} instead of object"]
        missing = [f"{path}.{key}: missing" for key in example if key not in reply]
        inner = [differences(reply[key], example[key], f"{path}.{key}") for key in example if key in reply]
        return missing + [line for lines in inner for line in lines]
    if isinstance(example, list):
        if not isinstance(reply, list):
            return [f"{path}: {_json_type(reply)} instead of array"]
        if example and not reply:
            return [f"{path}: empty"]
        return differences(reply[0], example[0], f"{path}[0]") if example else []
    if _json_type(reply) != _json_type(example):
        return [f"{path}: {_json_type(reply)} instead of {_json_type(example)}"]
    return []


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return {dict: "object", list: "array", str: "string", type(None): "null"}[type(value)]
