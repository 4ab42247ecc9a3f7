#!/usr/bin/env python3
"""Writes the lists anew: `refresh.py 202610`, the version of ua-parser-builtins on PyPI, or the newest.

Its wheel holds uap-core's regexes.yaml as Python literals, which are read without running them, and the
commit that they are of.
"""

import ast
import glob
import os
import re
import re._parser as parser
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
LISTS = {"USER_AGENT_PARSERS": "user_agents.tsv", "OS_PARSERS": "operating_systems.tsv"}


def needed(tree):
    """The longest text that each match holds, so that a rule without it need not be compiled."""
    runs = [""]
    for kind, value in tree:
        if kind is parser.LITERAL:
            runs[-1] += chr(value)
        elif kind is parser.SUBPATTERN and not value[1]:
            runs += [needed(value[3]), ""]
        elif kind is parser.MAX_REPEAT and value[0] > 0:
            runs += [needed(value[2]), ""]
        else:
            runs.append("")
    return max(runs, key=len)


def line(call):
    if call.keywords:
        raise SystemExit(f"a rule with keywords: {ast.unparse(call)}")
    fields = [ast.literal_eval(argument) or "" for argument in call.args]
    if any(char in field for field in fields for char in "\t\r\n"):
        raise SystemExit(f"a rule with a tab or a line break: {fields}")
    tree = parser.parse(fields[0])
    text = "" if tree.state.flags & re.IGNORECASE else needed(tree)
    return "\t".join([text, *fields]).rstrip("\t") + "\n"


def main():
    version = f"=={sys.argv[1]}" if len(sys.argv) > 1 else ""
    with tempfile.TemporaryDirectory() as folder:
        package = f"ua-parser-builtins{version}"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package]
        subprocess.run(pip, check=True)
        (path,) = glob.glob(f"{folder}/*.whl")
        version = os.path.basename(path).split("-")[1]
        with zipfile.ZipFile(path) as wheel:
            commit = wheel.read("REVISION").decode().strip()
            rules = ast.parse(wheel.read("ua_parser_builtins/regexes.py").decode())
    for node in rules.body:
        name = LISTS.get(node.targets[0].id) if isinstance(node, ast.Assign) else None
        if name:
            with open(f"{HERE}/{name}", "w", encoding="utf-8") as out:
                out.writelines(line(call) for call in node.value.elts)
    with open(f"{HERE}/VERSION", "w", encoding="utf-8") as out:
        out.write(f"ua-parser-builtins {version}, uap-core {commit}\n")


main()
