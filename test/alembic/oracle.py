#!/usr/bin/python3
"""Ask the installed Alembic what it would do.

Reads one case a line as JSON, writes one answer a line. A case holds
"revisions" (id, down, deps, labels; in load order), "current" (the version
rows), "op" and "target"; see generate.py. An answer is {"ok": true, ...} or
{"ok": false, "cause": class, "message": text, "clean": bool}, where clean says
that the command line would print a message rather than a traceback.

Nothing is run: Alembic's own planner makes the steps, its own HeadMaintainer
moves rows of a version table that is a list.
"""
import json
import signal
import sys
import types
import warnings

from alembic import util
from alembic.runtime.migration import HeadMaintainer
from alembic.script.base import Script, ScriptDirectory
from alembic.script.revision import RevisionMap

SECONDS = 5


class Hang(Exception):
    pass


class Written(Exception):
    """Carries what generate_revision would have written."""


def scalar(names):
    names = tuple(names or ())
    return None if not names else names[0] if len(names) == 1 else names


class Directory(ScriptDirectory):
    def __init__(self, revisions):
        super().__init__("/tmp")  # has to exist, is not read
        self.__dict__["_version_locations"] = ["/tmp"]
        self.revision_map = RevisionMap(lambda: [self.script(r) for r in revisions])

    @staticmethod
    def script(revision):
        module = types.ModuleType("revision")
        module.__doc__ = "message"
        module.revision = revision["id"]
        module.down_revision = scalar(revision["down"])
        module.depends_on = scalar(revision["deps"])
        module.branch_labels = scalar(revision["labels"])
        module.upgrade = module.downgrade = lambda: None
        return Script(module, revision["id"], revision["id"] + ".py")

    def _ensure_directory(self, path):
        pass

    def _generate_template(self, source, target, **values):
        raise Written(values)


class Rows(HeadMaintainer):
    """Alembic's HeadMaintainer over a list instead of a table."""

    def __init__(self, rows):
        self.rows = list(rows)
        super().__init__(types.SimpleNamespace(as_sql=False), rows)

    def _insert_version(self, version):
        assert version not in self.heads
        self.heads.add(version)
        self.rows.append(version)

    def _delete_version(self, version):
        self.heads.remove(version)
        if self.rows.count(version) != 1:
            raise util.CommandError("expected to match one row")
        self.rows.remove(version)

    def _update_version(self, from_, to):
        self.heads.remove(from_)
        self.heads.add(to)
        if self.rows.count(from_) != 1:
            raise util.CommandError("expected to match one row")
        self.rows[self.rows.index(from_)] = to


def move(steps, rows):
    table, order = Rows(rows), []
    for step in steps:
        if hasattr(step, "revision"):
            order.append(step.revision.revision)
        table.update_to_step(step)
    return {"order": order, "rows": sorted(table.rows)}


def no_range(target):
    if ":" in target:
        raise util.CommandError("Range revision not allowed")
    return target


def history(directory, case):
    start, end = "base", "heads"
    if case["target"] is not None:
        if ":" not in case["target"]:
            raise util.CommandError("History range requires [start]:[end], [start]:, or :[end]")
        start, end = case["target"].strip().split(":")
        if end == "current":
            end = tuple(case["current"])
        elif start == "current":
            start = tuple(case["current"])
    revisions = directory.walk_revisions(base=start or "base", head=end or "heads")
    return {"order": [r.revision for r in revisions]}


def answer(case):
    directory = Directory(case["revisions"])
    graph, op = directory.revision_map, case["op"]
    rows = () if case.get("purge") else tuple(case["current"])
    graph.heads
    if op == "upgrade":
        return move(directory._upgrade_revs(no_range(case["target"]), rows), rows)
    if op == "downgrade":
        return move(directory._downgrade_revs(no_range(case["target"]), rows), rows)
    if op == "stamp":
        return move(directory._stamp_revs(tuple(case["targets"]), rows), rows)
    if op == "history":
        return history(directory, case)
    if op == "listing":
        branches = [s.revision for s in directory.walk_revisions() if s.is_branch_point]
        return {"heads": sorted(graph.heads), "real_heads": sorted(graph._real_heads),
                "bases": sorted(graph.bases), "branches": sorted(branches)}
    if op == "revision":
        try:
            directory.generate_revision("newrev000001", "m", head=case["targets"],
                                        splice=case["splice"], depends_on=case["deps"] or None)
        except Written as written:
            values = written.args[0]
            return {"down": sorted(util.to_tuple(values["down_revision"], default=())),
                    "deps": sorted(util.to_tuple(values["depends_on"], default=()))}
    raise ValueError(op)


def judge(case):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            result = dict(answer(case), ok=True)
        except Exception as error:
            cause = error.__cause__ or error
            result = {"ok": False, "cause": type(cause).__name__, "message": str(error),
                      "clean": isinstance(error, util.CommandError)}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    if any("ambiguous" in str(w.message) for w in caught):
        result["warned"] = True
    return result


def on_alarm(signum, frame):
    raise Hang("no answer in %d s" % SECONDS)


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, on_alarm)
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line)), sort_keys=True))
