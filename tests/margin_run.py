"""Running `margind margin` on documents, and counting what holds."""
import json
import os
import subprocess
import sys

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARGIND = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                          "build/margind")
SHOWN = 20
count = {"passed": 0, "failed": 0}


def check(what, good, more=""):
    count["passed" if good else "failed"] += 1
    if not good and count["failed"] <= SHOWN:
        print("FAILED", what, more)


def call(folder, book, market, rules, *args):
    """(exit code, standard output, standard error)"""
    paths = []
    for name, what in (("book.json", book), ("market.json", market),
                       ("rules.yaml", rules)):
        if what is None:
            continue
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(what if isinstance(what, str) else json.dumps(what))
        paths += ["--" + name.split(".", maxsplit=1)[0], path]
    r = subprocess.run([MARGIND, "margin", *paths, "--json", *args],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def run(folder, book, market, rules=None, *args):
    """The lines of a run that must succeed, saying at most that a method says
    nothing of some vaults."""
    code, out, err = call(folder, book, market, rules, *args)
    check("exit code", code == 0 and
          all(" nothing of " in x for x in err.splitlines()), err)
    return [json.loads(x) for x in out.splitlines()]


def finish():
    print(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] else 0
