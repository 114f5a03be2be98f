"""Reads YAML with python3-yaml, and writes text as the installed AWS CLI does.

The first argument is "yaml" or "text". Each line of stdin is a JSON string (yaml) or value (text); each line of stdout is
the JSON of what python3-yaml reads, or of the text.
"""
import io
import json
import sys

if sys.argv[1] == "yaml":
    import yaml

    def answer(text):
        values = [yaml.load(text, Loader=loader) for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader))]
        return values[0] if values[0] == values[1] else "the loaders differ"
else:
    from awscli.text import format_text

    def answer(value):
        stream = io.StringIO()
        try:
            format_text(value, stream)
        except AttributeError:  # it does not write a list of objects and others
            return None
        return stream.getvalue()

for line in sys.stdin.buffer:
    print(json.dumps(answer(json.loads(line))))
