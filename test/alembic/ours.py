"""Ask pg_migrate's SQL functions what they do.

Each case runs in a transaction of its own that is rolled back, so that the
registry is empty for the next one. An answer is as the oracle's, except that
a refusal is

  {"ok": false, "phase": "register", "position" or "run",
   "code": SQLSTATE, "message": text, "hint": text or null}

An answer with "broken" says that two of our functions contradict each other;
that is a failure whatever Alembic says.
"""
import psycopg2


class Broken(Exception):
    """Two answers of ours that cannot both be right."""


def bundle(revisions):
    files = []
    for r in revisions:
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


def rows(cursor):
    return sorted(column(cursor, "SELECT version_num FROM migrate.version"))


def register(cursor, case, road):
    """By load of one bundle, or revision by revision."""
    if road == "load":
        column(cursor, "SELECT migrate.load(%s)", bundle(case["revisions"]))
        return
    for r in case["revisions"]:
        column(cursor, "SELECT migrate.register(%s, %s::text[], 'SELECT 1', 'SELECT 2', '', %s::text[], %s::text[])",
               r["id"], r["down"], r["labels"], r["deps"])


def check(claim, *what):
    if not claim:
        raise Broken(" ".join(map(str, what)))


def planned(cursor, case):
    """What plan() says: the steps, or the SQLSTATE of its refusal."""
    cursor.execute("SAVEPOINT plan")
    try:
        return column(cursor, "SELECT revision FROM migrate.plan(%s, %s) ORDER BY step", case["target"], case["op"])
    except psycopg2.Error as error:
        cursor.execute("ROLLBACK TO plan")
        return error.pgcode


def move(cursor, case):
    """upgrade or downgrade; plan() and the log must agree with it."""
    # plan also takes a range
    plan = None if ":" in case["target"] else planned(cursor, case)
    try:
        returned = column(cursor, "SELECT migrate.%s(%%s)" % case["op"], case["target"])
    except psycopg2.Error as error:
        check(plan in (None, error.pgcode), case["op"], "was refused with", error.pgcode, "but the plan is", plan)
        raise
    ran = column(cursor, "SELECT revision FROM migrate.log WHERE direction = %s ORDER BY id", case["op"])
    after = rows(cursor)
    check(plan == ran, "the plan is", plan, "but the log has", ran)
    check(sorted(returned) == after, "returned", returned, "but the rows are", after)
    return {"order": ran, "rows": after}


def stamp(cursor, case):
    returned = column(cursor, "SELECT migrate.stamp(%s::text[], %s)", case["targets"], case["purge"])
    after = rows(cursor)
    check(sorted(returned) == after, "returned", returned, "but the rows are", after)
    return {"order": [], "rows": after}


def listing(cursor):
    return {"heads": sorted(column(cursor, "SELECT migrate.heads()")),
            "real_heads": sorted(column(cursor, "SELECT migrate.heads(true)")),
            "bases": sorted(column(cursor, "SELECT migrate.bases()")),
            "branches": sorted(column(cursor, "SELECT revision FROM migrate.branches()"))}


def new_file(cursor, case):
    """The headers that revision or merge writes."""
    if case["op"] == "merge":
        cursor.execute("SELECT revision, content FROM migrate.merge('m', %s::text[], %s, %s::text[])",
                       (case["targets"], case["rev_id"], case.get("labels", [])))
    else:
        cursor.execute("SELECT revision, content FROM migrate.revision('m', %s::text[], %s, %s, %s::text[], %s::text[])",
                       (case["targets"], case["splice"], case["rev_id"], case.get("labels", []), case.get("deps", [])))
    revision, content = cursor.fetchone()
    check(revision == case["rev_id"], "the new revision is", revision)
    headers = dict(line[3:].split(":", 1) for line in content.splitlines() if line.startswith("-- "))
    result = {key: sorted(n.strip() for n in headers.get(name, "").split(",") if n.strip())
              for key, name in (("down", "down_revision"), ("deps", "depends_on"), ("labels", "branch_labels"))}
    if case["op"] == "merge":
        stored = column(cursor, "SELECT down_revision FROM migrate.revision WHERE revision = %s", revision)
        check([sorted(s) for s in stored] == [result["down"]], "the file says", result, "but registered is", stored)
    return result


def operate(cursor, case):
    op = case["op"]
    if op in ("upgrade", "downgrade"):
        result = move(cursor, case)
    elif op == "stamp":
        result = stamp(cursor, case)
    elif op == "history":
        result = {"order": column(cursor, "SELECT revision FROM migrate.history(%s)", case["target"])}
    elif op == "listing":
        result = listing(cursor)
    else:
        result = new_file(cursor, case)
    problems = column(cursor, "SELECT revision || ': ' || problem FROM migrate.check_registry()")
    check(not problems, "check_registry() says", problems)
    return result


def ask(connection, case, road="load"):
    """What pg_migrate does with a case."""
    phase = "register"
    cursor = connection.cursor()
    try:
        cursor.execute("SET LOCAL client_min_messages = error")
        register(cursor, case, road)
        phase = "position"
        if case["current"]:
            column(cursor, "SELECT migrate.stamp(%s::text[], true)", case["current"])
        check(rows(cursor) == sorted(case["current"]), "stamped", case["current"], "but the rows are", rows(cursor))
        phase = "run"
        return dict(operate(cursor, case), ok=True)
    except Broken as contradiction:
        return {"ok": False, "phase": phase, "code": None, "broken": str(contradiction)}
    except psycopg2.Error as error:
        return {"ok": False, "phase": phase, "code": error.pgcode, "message": error.diag.message_primary or str(error),
                "hint": error.diag.message_hint}
    finally:
        if not connection.closed:
            cursor.close()
            connection.rollback()
