#!/usr/bin/python3
"""Compare pg_migrate with the installed Alembic over seeded random cases.

Usage: run [--cases N] [--seed FIRST] [--record FILE] [--show RULE]
Connects as PGHOST and the like say. The rules of comparison are in README.md;
the exit status is 1 when a case is neither the same nor a kept difference.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys

import psycopg2

import generate
import ours
import rules

HASH_SEEDS = 8
WORKERS = 2
SHOWN = 20


def ask_alembic(lines, hash_seed):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle.py")
    process = subprocess.run([sys.executable, script], input=lines, stdout=subprocess.PIPE, text=True,
                             check=True, env=dict(os.environ, PYTHONHASHSEED=str(hash_seed)))
    return [json.loads(line) for line in process.stdout.splitlines()]


def oracle(cases):
    """Alembic's different answers to each case, one list a case."""
    lines = "".join(json.dumps(c) + "\n" for c in cases)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        runs = list(pool.map(lambda seed: ask_alembic(lines, seed), range(HASH_SEEDS)))
    return [[a for i, a in enumerate(answers) if a not in answers[:i]] for answers in zip(*runs, strict=True)]


class Subject:
    """pg_migrate; connects again when a case took the server down."""

    def __init__(self):
        self.connection = None

    def ask(self, case, road="load"):
        if self.connection is None or self.connection.closed:
            self.connection = psycopg2.connect("")
        return ours.ask(self.connection, case, road)

    def prepare(self):
        self.connection = psycopg2.connect("")
        cursor = self.connection.cursor()
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_migrate")
        cursor.execute("SELECT EXISTS (SELECT FROM migrate.revision)")
        if cursor.fetchone()[0]:
            sys.exit("the database has migrations; the comparison needs an empty one")
        self.connection.commit()


def in_order(case):
    """Does every revision come after what it stands on?"""
    seen = set()
    for r in case["revisions"]:
        if not set(r["down"] + r["deps"]) <= seen:
            return False
        seen |= {r["id"], *r["labels"]}
    return True


def judge(subject, case, answers):
    """What pg_migrate answers, the verdict, and what is wrong."""
    mine = subject.ask(case)
    verdict, wrong = rules.compare(rules.Case(case), answers, mine)
    if verdict and in_order(case):
        other = subject.ask(case, "register")
        if {**other, "message": None} != {**mine, "message": None}:
            return mine, None, "registered one by one it is %s" % json.dumps(other)
    return mine, verdict, wrong


def sample(case, answers, mine, verdict):
    """A line of sample.jsonl: the case, what Alembic says, what we have to say."""
    line = {key: value for key, value in case.items() if key != "seed"}
    line["seed"], line["rule"], line["alembic"] = case["seed"], verdict, answers
    line["expect"] = {"code": mine["code"]} if not mine["ok"] else mine
    return json.dumps(line, sort_keys=True) + "\n"


def show(title, case, answers, mine):
    print("%s: test/alembic/run --cases 1 --seed %d" % (title, case["seed"]))
    print("  case    %s" % json.dumps({k: v for k, v in case.items() if k != "seed"}))
    for answer in answers:
        print("  alembic %s" % json.dumps(answer))
    print("  ours    %s" % json.dumps(mine))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", help="write the cases with the answers to this file")
    parser.add_argument("--show", help="print the cases of this kept difference")
    options = parser.parse_args()

    cases = [generate.case(seed) for seed in range(options.seed, options.seed + options.cases)]
    subject = Subject()
    subject.prepare()
    counts = collections.Counter()
    recorded = []
    for case, answers in zip(cases, oracle(cases)):
        mine, verdict, wrong = judge(subject, case, answers)
        counts[verdict] += 1
        if verdict:
            recorded.append(sample(case, answers, mine, verdict))
        if verdict is None and counts[None] <= SHOWN:
            show("MISMATCH (%s)" % wrong, case, answers, mine)
        elif options.show == verdict:
            show(verdict, case, answers, mine)

    if options.record:
        with open(options.record, "w") as file:
            file.writelines(recorded)
    kept = {rule: counts[rule] for rule in rules.KEPT if counts[rule]}
    print("%d cases: %d same, %d kept differences (%s), %d mismatches" %
          (len(cases), counts["same"], sum(kept.values()),
           ", ".join("%s %d" % item for item in kept.items()) or "none", counts[None]))
    return 1 if counts[None] else 0


if __name__ == "__main__":
    sys.exit(main())
