#!/usr/bin/python3
"""Ask the installed Alembic what it would do.

Reads one case a line as JSON, writes one answer a line. A case holds
"revisions" (id, down, deps, labels; in load order), "current" (the version
rows), "op" and what the operation takes; see generate.py. An answer is

  {"ok": true, ...}     with "order" (revisions as they come) and "rows" (the
                        version rows at the end), or what a listing gives
  {"ok": false, "cause": class, "message": text, "clean": bool,
   "phase": "load" or "run", "ambiguous": bool}

where "clean" says that the command line would print the message rather than a
traceback, and "ambiguous" that a prefix fitted several names.

No migration is run: Alembic's own planner makes the steps, and its own
HeadMaintainer writes the rows of a version table in memory.
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
from sqlalchemy import Column, MetaData, String, Table, create_engine

SECONDS = 5


class Hang(Exception):
    """Alembic does not answer."""


class Written(Exception):
    """Carries what generate_revision would have written."""


def scalar(names):
    """A list as a revision file holds it: None, one name, or a tuple."""
    names = tuple(names or ())
    return None if not names else names[0] if len(names) == 1 else names


class Directory(ScriptDirectory):
    """A script directory without files."""

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


class VersionTable:
    """The version table, in memory, as a context that HeadMaintainer takes."""

    as_sql = False
    version_table = "alembic_version"
    _version = Table(version_table, MetaData(), Column("version_num", String))

    def __init__(self):
        engine = create_engine("sqlite://")
        self.dialect = engine.dialect
        self.connection = engine.connect()
        self._version.create(self.connection)
        self.impl = types.SimpleNamespace(_exec=self.connection.execute)

    def fill(self, rows):
        self.connection.execute(self._version.delete())
        for row in rows:
            self.connection.execute(self._version.insert().values(version_num=row))

    def rows(self):
        return sorted(row[0] for row in self.connection.execute(self._version.select()))


TABLE = VersionTable()


def move(steps, rows):
    TABLE.fill(rows)
    maintainer, order = HeadMaintainer(TABLE, rows), []
    for step in steps:
        if hasattr(step, "revision"):  # a step of a stamp has none
            order.append(step.revision.revision)
        maintainer.update_to_step(step)
    return {"order": order, "rows": TABLE.rows()}


def no_range(target):
    """The check that the commands upgrade and downgrade make."""
    if ":" in target:
        raise util.CommandError("Range revision not allowed")
    return target


def ends_of(case):
    """The two ends of a history range, as the command reads them."""
    if case["target"] is None:
        return None, None
    if ":" not in case["target"]:
        raise util.CommandError("History range requires [start]:[end], [start]:, or :[end]")
    start, end = case["target"].strip().split(":")
    current = tuple(case["current"])
    if end == "current":
        return start, current
    return current if start == "current" else start, end


def history(directory, case):
    """"ends", two lists of ids, may stand in for "target"."""
    start, end = map(tuple, case["ends"]) if "ends" in case else ends_of(case)
    revisions = directory.walk_revisions(base=start or "base", head=end or "heads")
    return {"order": [r.revision for r in revisions]}


def listing(directory, graph):
    branches = [s.revision for s in directory.walk_revisions() if s.is_branch_point]
    return {"heads": sorted(graph.heads), "real_heads": sorted(graph._real_heads),
            "bases": sorted(graph.bases), "branches": sorted(branches)}


def generate(directory, case):
    """revision and merge: both are generate_revision."""
    try:
        directory.generate_revision(
            case["rev_id"], "m", head=case["targets"], splice=case.get("splice", False),
            depends_on=case.get("deps") or None, branch_labels=case.get("labels") or None)
    except Written as written:
        values = written.args[0]
        return {key: sorted(n for n in util.to_tuple(values[name], default=()) if n is not None)
                for key, name in (("down", "down_revision"), ("deps", "depends_on"),
                                  ("labels", "branch_labels"))}


def answer(directory, case):
    op = case["op"]
    rows = () if case.get("purge") else tuple(case["current"])
    if op == "upgrade":
        return move(directory._upgrade_revs(no_range(case["target"]), rows), rows)
    if op == "downgrade":
        return move(directory._downgrade_revs(no_range(case["target"]), rows), rows)
    if op == "stamp":
        return move(directory._stamp_revs(tuple(case["targets"]), rows), rows)
    if op == "history":
        return history(directory, case)
    if op == "listing":
        return listing(directory, directory.revision_map)
    if op in ("revision", "merge"):
        return generate(directory, case)
    raise ValueError(op)


def says_ambiguous(error):
    """Does it, or what led to it, speak of a prefix of several names?"""
    while error is not None:
        if "Multiple revisions start" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def judge(case):
    phase = "load"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            directory = Directory(case["revisions"])
            directory.revision_map.heads  # loads the map
            phase = "run"
            result = dict(answer(directory, case), ok=True)
        except Exception as error:  # whatever Alembic raises is its answer
            cause = error.__cause__ or error
            result = {"ok": False, "cause": type(cause).__name__, "message": str(error),
                      "clean": isinstance(error, util.CommandError), "phase": phase,
                      "ambiguous": says_ambiguous(error)}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    if any("from multiple heads is ambiguous" in str(w.message) for w in caught):
        result["warned"] = True
    return result


def on_alarm(signum, frame):
    raise Hang("no answer in %d s" % SECONDS)


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, on_alarm)
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line)), sort_keys=True))
