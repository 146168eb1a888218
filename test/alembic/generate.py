"""Seeded random graphs, positions and targets of every form."""
import random

WORDS = ["head", "heads", "base"]
IDS = "abcdef0123456789"


def new_id(rng, taken):
    while True:
        prefix = rng.choice(["", "", "aaaa", "bbbb", "abc"])
        name = prefix + "".join(rng.choice(IDS) for _ in range(rng.choice([2, 4, 4, 8])))
        if name not in taken and not name.isdigit():
            return name


def graph(rng):
    """Revisions in load order; about one graph in twelve is not a graph."""
    size = rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, rng.randint(30, 60)])
    ids, revisions, labels = [], [], []
    for i in range(size):
        name = new_id(rng, ids)
        tips = [r["id"] for r in revisions if not any(r["id"] in o["down"] for o in revisions)]
        shape = rng.random()
        if not ids or shape < 0.12:
            down = []
        elif shape < 0.62:
            down = [rng.choice(tips)]
        elif shape < 0.82:
            down = [rng.choice(ids)]
        else:
            down = rng.sample(ids if rng.random() < 0.3 else tips, min(len(tips), rng.choice([2, 2, 3])))
        deps = []
        if ids and rng.random() < 0.2:
            pool = ids + [label for label, _ in labels]
            deps = [d for d in rng.sample(pool, min(len(pool), rng.choice([1, 1, 2, 3]))) if d not in down]
        mine = []
        if rng.random() < (0.35 if not down else 0.12):
            mine = ["%s%d" % (rng.choice(["shop", "bill", "x"]), i)]
            labels += [(label, name) for label in mine]
        ids.append(name)
        revisions.append({"id": name, "down": down, "deps": deps, "labels": mine})
    spoil(rng, revisions, labels)
    if rng.random() < 0.5:
        rng.shuffle(revisions)
    return revisions, [label for label, _ in labels]


def spoil(rng, revisions, labels):
    kind = rng.random()
    victim = rng.choice(revisions)
    if kind < 0.02:
        victim["down"] = victim["down"] + ["missing1"]
    elif kind < 0.03:
        victim["deps"] = victim["deps"] + ["missing1"]
    elif kind < 0.05:
        victim["down"] = victim["down"] + [rng.choice(revisions)["id"]]
    elif kind < 0.07:
        victim["deps"] = victim["deps"] + [rng.choice(revisions)["id"]]
    elif kind < 0.08 and labels:
        victim["labels"] = victim["labels"] + [labels[0][0]]
    for key in ("down", "deps", "labels"):
        victim[key] = list(dict.fromkeys(victim[key]))


def below(revisions):
    """What each revision stands on, transitively; None where that is no order."""
    names = {r["id"]: r for r in revisions}
    for r in revisions:
        for label in r["labels"]:
            names.setdefault(label, r)
    result = {}

    def visit(name, path):
        if name not in names or name in path:
            raise LookupError(name)
        revision = names[name]["id"]
        if revision not in result:
            parents = names[name]["down"] + names[name]["deps"]
            result[revision] = {revision}.union(*[visit(p, path | {name, revision}) for p in parents])
        return result[revision]

    try:
        for r in revisions:
            visit(r["id"], frozenset())
    except LookupError:
        return None
    return result


def maximal(stands_on, ids):
    return sorted(i for i in ids if not any(i in stands_on[o] for o in ids if o != i))


def name(rng, ids, labels):
    kind = rng.random()
    if kind < 0.55:
        return rng.choice(ids)
    if kind < 0.7:
        chosen = rng.choice(ids)
        return chosen[:rng.randint(1, len(chosen))]
    if kind < 0.8 and labels:
        return rng.choice(labels)
    if kind < 0.85:
        return rng.choice(["nope", "zzzz1", "aaaa", "bb", "abc"])
    return rng.choice(WORDS)


def label(rng, ids, labels):
    kind = rng.random()
    if kind < 0.7 and labels:
        return rng.choice(labels)
    if kind < 0.85:
        return rng.choice(ids)
    return rng.choice(["nope", rng.choice(ids)[:4]])


def target(rng, ids, labels):
    n = rng.choice([0, 1, 1, 1, 2, 2, 3, 9])
    forms = [
        lambda: rng.choice(WORDS), lambda: rng.choice(WORDS),
        lambda: name(rng, ids, labels), lambda: name(rng, ids, labels),
        lambda: name(rng, ids, labels),
        lambda: "+%d" % n, lambda: "-%d" % n,
        lambda: "%s+%d" % (name(rng, ids, labels), n),
        lambda: "%s-%d" % (name(rng, ids, labels), n),
        lambda: "%s@%s" % (label(rng, ids, labels), rng.choice(WORDS)),
        lambda: "%s@%s" % (label(rng, ids, labels), rng.choice(WORDS)),
        lambda: "%s@%s" % (label(rng, ids, labels), name(rng, ids, labels)),
        lambda: "%s@+%d" % (label(rng, ids, labels), n),
        lambda: "%s@-%d" % (label(rng, ids, labels), n),
        lambda: "%s@%s%+d" % (label(rng, ids, labels), name(rng, ids, labels), rng.choice([1, -1, 2])),
        lambda: rng.choice(["", "@", "+", "a@b@c", "aaaa+1x", "head+", "+1+1", "a b", "a:b", "HEAD"]),
    ]
    return rng.choice(forms)()


def end(rng, ids, labels):
    kind = rng.random()
    if kind < 0.25:
        return ""
    if kind < 0.35:
        return "current"
    if kind < 0.5:
        return rng.choice(["-1", "-2", "+1", "+2"])
    return name(rng, ids, labels)


def case(seed):
    rng = random.Random(seed)
    revisions, labels = graph(rng)
    ids = [r["id"] for r in revisions]
    stands_on = below(revisions)
    current = []
    if stands_on is not None and rng.random() < 0.85:
        chosen = rng.sample(ids, rng.randint(0, min(3, len(ids))))
        current = maximal(stands_on, sorted(chosen))
        rng.shuffle(current)
    result = {"seed": seed, "revisions": revisions, "current": current,
              "stands_on": stands_on and {k: sorted(v) for k, v in stands_on.items()}}
    op = rng.choice(["upgrade"] * 5 + ["downgrade"] * 5 + ["stamp"] * 2 + ["history"] * 2 +
                    ["listing", "revision"])
    result["op"] = op
    if op in ("upgrade", "downgrade"):
        result["target"] = target(rng, ids, labels)
    elif op == "history":
        result["target"] = None if rng.random() < 0.2 else end(rng, ids, labels) + ":" + end(rng, ids, labels)
    elif op == "stamp":
        result["targets"] = [target(rng, ids, labels) if rng.random() < 0.3 else name(rng, ids, labels)
                             for _ in range(rng.choice([1, 1, 1, 2]))]
        result["purge"] = rng.random() < 0.3
    elif op == "revision":
        result["targets"] = [name(rng, ids, labels) for _ in range(rng.choice([1, 1, 1, 2]))]
        result["splice"] = rng.random() < 0.5
        result["deps"] = [rng.choice(ids + labels)] if rng.random() < 0.3 else []
    return result
