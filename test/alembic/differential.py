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
                             check=True, env=dict(os.environ, PYTHONHASHSEED=str(hash_seed),
                                                  SQLALCHEMY_SILENCE_UBER_WARNING="1"))
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
    """Can the revisions be registered one by one?"""
    seen = set()
    for r in case["revisions"]:
        if not set(r["down"] + r["deps"]) <= seen or r["id"] in seen:
            return False
        seen |= {r["id"], *r["labels"]}
    return True


def first_verdict(subject, case, answers):
    """What pg_migrate answers, the verdict, and what is wrong."""
    mine = subject.ask(case)
    verdict, wrong = rules.compare(rules.Case(case), answers, mine)
    if verdict and in_order(case):
        other = subject.ask(case, "register")
        if {**other, "message": None, "hint": None} != {**mine, "message": None, "hint": None}:
            verdict, wrong = None, "registered one by one it is %s" % json.dumps(other)
    return [mine, verdict, wrong]


def judge(subject, cases, oracles):
    """first_verdict() of each case; where it has none Alembic is asked again in
    other words."""
    results = [first_verdict(subject, case, answers) for case, answers in zip(cases, oracles)]
    questions = [(result, *question) for case, result in zip(cases, results)
                 if result[1] is None and result[2] == rules.DIFFER
                 for question in rules.rephrase(rules.Case(case), result[0])]
    for (result, rule, case, mine), answers in zip(questions, oracle([q[2] for q in questions])):
        if result[1] is None and rules.compare(rules.Case(case), answers, mine)[0] == "same":
            result[1:] = rule, None
    return results


def sample(case, answers, mine, verdict):
    """A line of sample.jsonl: the case, what to expect, and for the reader what
    Alembic says where that is something else."""
    line = {key: value for key, value in case.items()}
    if mine["ok"]:
        theirs = [{k: v for k, v in a.items() if k != "warned"} for a in answers]
        line["expect"] = theirs if mine in theirs else [mine]
    else:
        line["expect"] = [{key: mine[key] for key in ("ok", "phase", "code")}]
    if verdict != "same":
        line["kept"] = verdict
    if not answers[0]["ok"]:
        line["alembic"] = "%(cause)s: %(message)s" % answers[0]
    elif answers[0] not in line["expect"]:
        line["alembic"] = answers
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
    oracles = oracle(cases)
    for case, answers, (mine, verdict, wrong) in zip(cases, oracles, judge(subject, cases, oracles)):
        counts[verdict] += 1
        if verdict:
            recorded.append(sample(case, answers, mine, verdict))
        if verdict is None and counts[None] <= SHOWN:
            show("MISMATCH (%s)" % wrong, case, answers, mine)
        elif verdict and verdict == options.show:
            show(verdict, case, answers, mine)

    if options.record:
        with open(options.record, "w") as file:
            file.writelines(recorded)
    kept = {rule: counts[rule] for rule in {**rules.KEPT, **rules.REPHRASED} if counts[rule]}
    print("%d cases: %d same, %d kept differences (%s), %d mismatches" %
          (len(cases), counts["same"], sum(kept.values()),
           ", ".join("%s %d" % item for item in kept.items()) or "none", counts[None]))
    print("%d passed, %d failed" % (len(cases) - counts[None], counts[None]))
    return 1 if counts[None] else 0


if __name__ == "__main__":
    sys.exit(main())
