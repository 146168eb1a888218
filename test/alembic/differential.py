#!/usr/bin/python3
"""Compare pg_migrate with the installed Alembic over seeded random cases.

Usage: differential.py [--cases N] [--seed FIRST] [--record FILE]
Reads PGHOST and the like. The rules of comparison are in README.md. Exit
status 1 when there is a mismatch that no rule of KEPT explains.
"""
import argparse
import collections
import json
import os
import subprocess
import sys

import psycopg2

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import generate  # noqa: E402

SEEDS = 8

# Alembic's class of refusal -> the SQLSTATEs that mean the same
CLASSES = {
    "ResolutionError": ("MG001", "MG002", "MG004", "MG006"),
    "MultipleHeads": ("MG003",),
    "RangeNotAncestorError": ("MG005",),
    "RevisionError": ("MG004", "MG005", "MG016", "MG008", "MG006", "MG007"),
    "CommandError": ("MG004", "MG006"),
    "LoopDetected": ("MG007",), "CycleDetected": ("MG007",),
    "DependencyLoopDetected": ("MG007",), "DependencyCycleDetected": ("MG007",),
}


def oracle(cases):
    """Alembic's answers, one list a hash seed."""
    text = "".join(json.dumps(c) + "\n" for c in cases)
    runs = []
    for seed in range(SEEDS):
        process = subprocess.run(
            ["/usr/bin/python3", os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle.py")],
            input=text, stdout=subprocess.PIPE, text=True, check=True,
            env=dict(os.environ, PYTHONHASHSEED=str(seed)))
        runs.append([json.loads(line) for line in process.stdout.splitlines()])
    return list(zip(*runs))


def bundle(case):
    files = []
    for r in case["revisions"]:
        header = ["-- revision: " + r["id"], "-- down_revision: " + ", ".join(r["down"])]
        if r["deps"]:
            header.append("-- depends_on: " + ", ".join(r["deps"]))
        if r["labels"]:
            header.append("-- branch_labels: " + ", ".join(r["labels"]))
        files.append("\n".join(header) + "\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n")
    return "".join(files)


def column(cursor, sql, *args):
    cursor.execute(sql, args)
    return [row[0] for row in cursor.fetchall()]


def steps_and_rows(cursor, case, direction):
    planned = None
    if ":" not in case["target"]:  # plan also takes a range
        planned = column(cursor, "SELECT revision FROM migrate.plan(%s, %s) ORDER BY step",
                         case["target"], direction)
    returned = column(cursor, "SELECT migrate.%s(%%s)" % direction, case["target"])
    ran = column(cursor, "SELECT revision FROM migrate.log WHERE direction = %s ORDER BY id", direction)
    rows = column(cursor, "SELECT version_num FROM migrate.version ORDER BY 1")
    wrong = column(cursor, "SELECT problem FROM migrate.check_registry()")
    assert planned == ran, ("plan and log differ", planned, ran)
    assert sorted(returned) == rows, ("returned rows differ", returned, rows)
    assert not wrong, wrong
    return {"order": ran, "rows": rows}


def operate(cursor, case):
    op = case["op"]
    if op in ("upgrade", "downgrade"):
        return steps_and_rows(cursor, case, op)
    if op == "stamp":
        column(cursor, "SELECT migrate.stamp(%s::text[], %s)", case["targets"], case["purge"])
        assert not column(cursor, "SELECT problem FROM migrate.check_registry()")
        return {"order": [], "rows": column(cursor, "SELECT version_num FROM migrate.version ORDER BY 1")}
    if op == "history":
        return {"order": column(cursor, "SELECT revision FROM migrate.history(%s)", case["target"])}
    if op == "listing":
        return {"heads": sorted(column(cursor, "SELECT migrate.heads()")),
                "real_heads": sorted(column(cursor, "SELECT migrate.heads(true)")),
                "bases": sorted(column(cursor, "SELECT migrate.bases()")),
                "branches": sorted(column(cursor, "SELECT revision FROM migrate.branches()"))}
    content = column(cursor, "SELECT content FROM migrate.revision('m', %s::text[], %s, 'newrev000001', '', %s::text[])",
                     case["targets"], case["splice"], case["deps"])[0]
    headers = dict(line[3:].split(":", 1) for line in content.splitlines() if line.startswith("-- "))
    return {key: sorted(n.strip() for n in headers.get(header, "").split(",") if n.strip())
            for key, header in (("down", "down_revision"), ("deps", "depends_on"))}


def ours(connection, case, by_register):
    """What pg_migrate does, in a transaction that is rolled back."""
    cursor = connection.cursor()
    try:
        if by_register:
            for r in case["revisions"]:
                cursor.execute("SELECT migrate.register(%s, %s::text[], 'SELECT 1', 'SELECT 2', '', %s::text[], %s::text[])",
                               (r["id"], r["down"], r["labels"], r["deps"]))
        else:
            cursor.execute("SELECT migrate.load(%s)", (bundle(case),))
        if case["current"]:
            cursor.execute("SELECT migrate.stamp(%s::text[], true)", (case["current"],))
        cursor.execute("SET LOCAL client_min_messages = error")
        return dict(operate(cursor, case), ok=True)
    except psycopg2.Error as error:
        return {"ok": False, "code": error.pgcode, "message": error.diag.message_primary,
                "hint": error.diag.message_hint}
    finally:
        connection.rollback()
        cursor.close()


def antichain(case, rows):
    applied = set().union(*[set(case["stands_on"][r]) for r in rows]) if rows else set()
    return sorted(rows) == generate.maximal(case["stands_on"], applied)


def label_ignored(case, theirs, mine):
    targets = [case["target"]] if case.get("target") else case.get("targets", [])
    return mine.get("code") in ("MG001", "MG002", "MG005") and any("@" in t for t in targets)


# Kept differences: each a rule with the reason that docs/alembic.md gives.
KEPT = {
    "several-heads-minus": lambda c, a, m:
        c["op"] == "downgrade" and len(c["current"]) > 1 and a.get("warned") and m.get("code") == "MG004",
    "label-never-ignored": label_ignored,
    "target-matched-whole": lambda c, a, m:
        c.get("target") in ("aaaa+1x", "head+", "+1+1", "a@b@c") and not m["ok"],
    "empty-target": lambda c, a, m:
        not m["ok"] and "" in ([c.get("target")] + c.get("targets", [])),
    "cycle-refused": lambda c, a, m: c["stands_on"] is None and m.get("code") == "MG007",
    "base-minus": lambda c, a, m:
        (c.get("target") or "").find("base-") >= 0 and m.get("code") == "MG004",
    "stamp-relative": lambda c, a, m:
        c["op"] == "stamp" and m.get("code") == "MG004" and any("+" in t or "-" in t for t in c["targets"]),
    "stamp-maximal": lambda c, a, m: c["op"] == "stamp" and m["ok"] and antichain(c, m["rows"]),
    "other-error-first": lambda c, a, m:
        not a["ok"] and a["clean"] and not m["ok"] and (c["op"] == "history" or len(c.get("targets", [])) > 1),
    "history-range-ends": lambda c, a, m:
        c["op"] == "history" and any(s in (c["target"] or "") for s in ("-", "+", "@")),
    "history-current": lambda c, a, m: c["op"] == "history" and "current" in (c["target"] or ""),
}


def same(case, theirs, mine, unstable):
    if not mine["ok"] and not (mine["code"] or "").startswith("MG"):
        return False
    if not mine["ok"] and not mine["hint"]:
        return False
    if not theirs["ok"]:
        if not theirs["clean"]:
            return not mine["ok"] or antichain(case, mine.get("rows", []))
        return not mine["ok"] and mine["code"] in CLASSES.get(theirs["cause"], ())
    if not mine["ok"]:
        return False
    for key in theirs:
        if key == "rows":
            if mine["rows"] != theirs["rows"] and (antichain(case, theirs["rows"]) or not antichain(case, mine["rows"])):
                return False
        elif key == "order":
            if sorted(mine["order"]) != sorted(theirs["order"]):
                return False
            if not unstable and mine["order"] != theirs["order"]:
                return False
        elif key not in ("ok", "warned") and mine[key] != theirs[key]:
            return False
    return True


def sample(case, answers):
    """A case with what is to be expected of it, a line of sample.jsonl."""
    line = {key: case[key] for key in case if key not in ("stands_on", "seed")}
    if answers[0]["ok"]:
        line["expect"] = [a for i, a in enumerate(answers) if a not in answers[:i]]
    else:
        line["codes"] = CLASSES[answers[0]["cause"]]
    return json.dumps(line, sort_keys=True) + "\n"


def compare(connection, cases, record):
    counts, kept = collections.Counter(), collections.Counter()
    for case, answers in zip(cases, oracle(cases)):
        theirs = answers[0]
        unstable = any(a.get("order") != theirs.get("order") or a.get("rows") != theirs.get("rows") for a in answers)
        ordered = case["stands_on"] is not None and all(
            d in [o["id"] for o in case["revisions"][:i]]
            for i, r in enumerate(case["revisions"]) for d in r["down"] + r["deps"])
        mine = ours(connection, case, ordered and case["seed"] % 2 == 0)
        if any(same(case, a, mine, unstable) for a in answers):
            counts["same"] += 1
            if record and (mine["ok"] and mine in answers or
                           not mine["ok"] and theirs["clean"] and not theirs["ok"]):
                record.write(sample(case, answers))
            continue
        rule = next((name for name, rule in KEPT.items() if rule(case, theirs, mine)), None)
        if rule:
            counts["kept"] += 1
            kept[rule] += 1
            continue
        counts["mismatches"] += 1
        if counts["mismatches"] <= 20:
            show = {k: v for k, v in case.items() if k != "stands_on"}
            print("MISMATCH differential.py --cases 1 --seed %d\n  case    %s\n  alembic %s\n  ours    %s" %
                  (case["seed"], json.dumps(show), json.dumps(theirs), json.dumps(mine)))
    return counts, kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", help="write the cases that compare the same to this file")
    options = parser.parse_args()
    cases = [generate.case(seed) for seed in range(options.seed, options.seed + options.cases)]
    connection = psycopg2.connect("")
    connection.cursor().execute("CREATE EXTENSION IF NOT EXISTS pg_migrate")
    connection.commit()
    record = open(options.record, "w") if options.record else None
    counts, kept = compare(connection, cases, record)
    print("kept differences: " + ", ".join("%s %d" % item for item in sorted(kept.items())))
    print("%d cases: %d same, %d kept differences, %d mismatches" %
          (len(cases), counts["same"], counts["kept"], counts["mismatches"]))
    print("%d passed, %d failed" % (counts["same"] + counts["kept"], counts["mismatches"]))
    return 1 if counts["mismatches"] else 0


if __name__ == "__main__":
    sys.exit(main())
