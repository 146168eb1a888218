"""Seeded random graphs, positions and targets of every form."""
import random

WORDS = ["head", "heads", "base"]
HEX = "0123456789abcdef"
GARBAGE = ["", "@", "+", "-", ":", "a@b@c", "@head", "head@", "head+", "+1+1", "+1x", "1+", "a b",
           "a:b", "HEAD", "Base", "+-1", "--1", "+1@head", "'", "%s", "\\", "é", "head@head@head",
           "+99999999999999999999", "current", "None"]


# -- graphs ------------------------------------------------------------------

def new_id(rng, style, taken):
    """An id; those of a graph are of one style, so that prefixes collide."""
    while True:
        if style == "hex":
            name = "".join(rng.choice(HEX) for _ in range(12))
        elif style == "dotted":
            name = "v%d.%d" % (rng.randint(1, 3), rng.randint(0, 40))
        elif style == "word":
            name = rng.choice(["add_", "fix_", "drop_"]) + rng.choice(["user", "users", "users_2", "bill"]) \
                + rng.choice(["", str(rng.randint(1, 99))])
        else:
            name = rng.choice(["", "", "aaaa", "bbbb", "abc"]) \
                + "".join(rng.choice(HEX) for _ in range(rng.choice([1, 2, 3, 4, 8])))
        if name not in taken:
            return name


def new_parents(rng, ids, tips):
    shape = rng.random()
    if not ids or shape < 0.12:
        return []
    if shape < 0.62:
        return [rng.choice(tips)]
    if shape < 0.8:
        return [rng.choice(ids)]
    # a merge, now and then also of a parent's ancestor
    pool = ids if rng.random() < 0.3 else tips
    return rng.sample(pool, min(len(pool), rng.choice([2, 2, 3])))


def graph(rng):
    """Revisions in load order; about one graph in eleven is not sound."""
    size = rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, rng.randint(30, 60)])
    style = rng.choice(["mixed"] * 6 + ["hex"] * 2 + ["word", "dotted"])
    ids, tips, revisions, labels = [], [], [], []
    for i in range(size):
        name = new_id(rng, style, ids + labels)
        down = new_parents(rng, ids, tips)
        deps = []
        if ids and rng.random() < 0.2:
            pool = ids + labels
            deps = rng.sample(pool, min(len(pool), rng.choice([1, 1, 2, 3])))
            deps = [d for d in deps if d not in down]
        mine = []
        for _ in range(2):
            if rng.random() < (0.35 if not down else 0.12):
                mine.append("%s%d" % (rng.choice(["shop", "bill", "x", "rel.", "aaaa"]), len(labels)))
                mine = [label for label in mine if label not in ids]
        mine = list(dict.fromkeys(mine))
        labels += mine
        ids.append(name)
        tips = [tip for tip in tips if tip not in down] + [name]
        revisions.append({"id": name, "down": down, "deps": deps, "labels": mine})
    if rng.random() < 0.09:
        spoil(rng, revisions, labels)
    if rng.random() < 0.5:
        rng.shuffle(revisions)
    return revisions, labels


def spoil(rng, revisions, labels):
    """Make a graph that is none, or try to."""
    victim = rng.choice(revisions)
    other = rng.choice(revisions)
    kind = rng.randrange(10)
    if kind == 0:
        victim["down"] = victim["down"] + ["missing1"]
    elif kind == 1:
        victim["deps"] = victim["deps"] + ["missing1"]
    elif kind == 2:
        victim["down"] = victim["down"] + [other["id"]]
    elif kind == 3:
        victim["deps"] = victim["deps"] + [other["id"]]
    elif kind == 4:
        victim["labels"] = victim["labels"] + [rng.choice(labels or [other["id"]])]
    elif kind == 5:
        victim["labels"] = victim["labels"] + [other["id"]]
    elif kind == 6:
        victim["labels"] = victim["labels"] + [rng.choice(["rel-2024", "a@b", "a:b", "head", "heads", "base", "a b"])]
    elif kind == 7:
        bad = rng.choice(["a-b", "a@b", "a+b", "a:b", "head", "current", "a b"])
        for r in revisions:
            for key in ("down", "deps"):
                r[key] = [bad if n == victim["id"] else n for n in r[key]]
        victim["id"] = bad
    elif kind == 8:
        victim["id"] = other["id"]
    else:
        victim["down"] = victim["down"] + victim["down"][:1]


def below(revisions):
    """{id: all it stands on, itself too}; None where that is no order."""
    names = {}
    for r in revisions:
        if r["id"] in names:
            return None
        names[r["id"]] = r
    for r in revisions:
        for label in r["labels"]:
            names.setdefault(label, r)
    result = {}

    def visit(name, path):
        if name not in names or names[name]["id"] in path:
            raise LookupError(name)
        revision = names[name]["id"]
        if revision not in result:
            parents = names[name]["down"] + names[name]["deps"]
            result[revision] = {revision}.union(*[visit(p, path | {revision}) for p in parents])
        return result[revision]

    try:
        for r in revisions:
            visit(r["id"], frozenset())
    except LookupError:
        return None
    return result


def maximal(stands_on, ids):
    """Those of the ids that no other of them stands on."""
    return sorted(i for i in ids if not any(i in stands_on[o] for o in ids if o != i))


# -- positions and targets -----------------------------------------------------

def position(rng, stands_on, ids):
    """Version rows: base, all heads, or what standing on a few revisions is."""
    kind = rng.random()
    if stands_on is None or kind < 0.15:
        return []
    if kind < 0.3:
        chosen = ids
    else:
        chosen = rng.sample(ids, rng.randint(1, min(3, len(ids))))
    rows = maximal(stands_on, chosen)
    rng.shuffle(rows)
    return rows


class Targets:
    """Draws targets; most of the names are of the kind the operation wants."""

    def __init__(self, rng, ids, labels, wanted):
        self.rng, self.ids, self.labels = rng, ids, labels
        self.wanted = wanted or ids

    def id(self):
        return self.rng.choice(self.wanted if self.rng.random() < 0.7 else self.ids)

    def name(self):
        kind = self.rng.random()
        if kind < 0.55:
            return self.id()
        if kind < 0.68:
            chosen = self.rng.choice(self.ids + self.labels)
            return chosen[:self.rng.randint(1, len(chosen))]
        if kind < 0.8 and self.labels:
            return self.rng.choice(self.labels)
        if kind < 0.84:
            return self.rng.choice(["nope", "zzzz1", "aaaa", "bb", "abc"])
        return self.rng.choice(WORDS)

    def label(self):
        kind = self.rng.random()
        if kind < 0.55 and self.labels:
            return self.rng.choice(self.labels)
        if kind < 0.85:
            return self.id()
        return self.rng.choice(["nope", self.id()[:4]] * 3 + WORDS)

    def offset(self):
        return self.rng.choice([0] + [1] * 6 + [2] * 3 + [3, 9])

    def any(self):
        rng, sign = self.rng, self.rng.choice("+-")
        form = rng.choice(["word"] * 3 + ["name"] * 5 + ["relative"] * 3 + ["name relative"] * 3 +
                          ["label word"] * 3 + ["label name"] * 2 + ["label relative"] * 3 +
                          ["label name relative"] * 2 + ["garbage"])
        if form == "garbage":
            return rng.choice(GARBAGE)
        text = self.label() + "@" if form.startswith("label") else ""
        if "word" in form:
            text += rng.choice(WORDS)
        if "name" in form:
            text += self.name()
        if "relative" in form:
            text += "%s%d" % (sign, self.offset())
        return text

    def absolute(self):
        """What lists take; now and then something else."""
        kind = self.rng.random()
        if kind < 0.65:
            return self.name()
        if kind < 0.85:
            return self.label() + "@" + self.name()
        return self.any()

    def end(self):
        """One end of a history range."""
        kind = self.rng.random()
        if kind < 0.25:
            return ""
        if kind < 0.4:
            return "current"
        if kind < 0.55:
            return "%s%d" % (self.rng.choice("+-"), self.offset())
        if kind < 0.9:
            return self.name()
        return self.any()

    def range(self):
        kind = self.rng.random()
        if kind < 0.1:
            return None
        if kind < 0.15:
            return self.any()
        if kind < 0.17:
            return "a:b:c"
        return self.end() + ":" + self.end()


OPS = ["upgrade"] * 6 + ["downgrade"] * 7 + ["stamp"] * 4 + ["history"] * 3 \
    + ["revision"] * 3 + ["merge", "listing"]


def case(seed):
    rng = random.Random(seed)
    revisions, labels = graph(rng)
    ids = [r["id"] for r in revisions]
    stands_on = below(revisions)
    current = position(rng, stands_on, ids)
    op = rng.choice(OPS)
    result = {"seed": seed, "op": op, "revisions": revisions, "current": current}

    wanted = []
    if stands_on is not None:
        applied = set().union(*[stands_on[r] for r in current])
        wanted = [i for i in ids if (i in applied) == (op == "downgrade")]
    draw = Targets(rng, ids, labels, wanted)

    if op in ("upgrade", "downgrade"):
        result["target"] = draw.any()
    elif op == "history":
        result["target"] = draw.range()
    elif op == "stamp":
        result["targets"] = [draw.absolute() for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        result["purge"] = rng.random() < 0.25
    elif op in ("revision", "merge"):
        result["rev_id"] = rng.choice(["newrev000001"] * 9 + ["a-b", "a@b", "a+b"])
        result["targets"] = [draw.absolute() for _ in range(rng.choice([1, 1, 2]))]
        if op == "merge" and rng.random() < 0.5:
            result["targets"] = ["heads"]
        if rng.random() < 0.2:
            result["labels"] = ["newlabel"]
    if op == "revision":
        result["splice"] = rng.random() < 0.6
        if rng.random() < 0.3:
            result["deps"] = [draw.name() for _ in range(rng.choice([1, 1, 2]))]
    return result
