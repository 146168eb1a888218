"""The rules of comparison, and the differences from Alembic that are kept.

compare() says "same", the name of a kept difference, or None for a mismatch.
Nothing is waved through: a kept difference has to apply to the case, which is
found out here and not believed of pg_migrate, and has to look as it should.
"""
import re

import generate

WORDS = ("head", "heads", "base", "current", "None")
ILLEGAL = set("@-+:,'\"`{}")  # not in an id or label

# What Alembic's refusals are called here: class of the cause, a pattern of the
# message, and the SQLSTATE.
REFUSALS = [
    ("MultipleHeads", "", "MG003"),
    ("RangeNotAncestorError", "", "MG005"),
    ("RevisionError", "Relative revision|Ambiguous (walk|upgrade)|Walked too far", "MG004"),
    ("RevisionError", "Not a valid downgrade target", "MG005"),
    ("RevisionError", "overlaps", "MG016"),
    ("RevisionError", "not allowed in revision identifier", "MG006"),
    ("RevisionError", "already used by", "MG008"),
    ("RevisionError", "broken map", "MG007"),
    (".*(Cycle|Loop)Detected", "", "MG007"),
    ("CommandError", "Range revision not allowed|History range requires", "MG004"),
    ("CommandError", "Duplicate head|is not a head revision", "MG004"),
    ("CommandError", "not allowed in revision identifier", "MG006"),
]

TARGET = re.compile(r"(?:(?P<label>[^@:+-]+)@)?(?:(?P<symbol>[^@:+-]+)?(?P<offset>[+-][0-9]+)|(?P<name>[^@:+-]+))")


# -- reading a case ------------------------------------------------------------

class Case:
    """A case, with what can be found out about it without asking anyone."""

    def __init__(self, case):
        self.case, self.op = case, case["op"]
        self.revisions = case["revisions"]
        self.ids = {r["id"]: r for r in self.revisions}
        self.names = {label: r["id"] for r in self.revisions for label in r["labels"]}
        self.names.update({i: i for i in self.ids})
        self.stands_on = generate.below(self.revisions)
        self.rows = [] if case.get("purge") else case["current"]
        self.flaw = flaw(self.revisions, self.stands_on)

    def texts(self):
        """What was typed: every target, or end of a range."""
        if self.op == "history":
            return [end for end in (self.case["target"] or "").split(":") if end]
        if "target" in self.case:
            return [self.case["target"]]
        return self.case.get("targets", []) + self.case.get("deps", [])

    def look_up(self, name):
        """The revision of an id, label or unique prefix; None, or "many"."""
        if name in self.names:
            return self.names[name]
        fits = [n for n in self.names if len(n) > 3 and n.startswith(name)]
        return None if not fits else self.names[fits[0]] if len(fits) == 1 else "many"

    def down(self, revision):
        """Ancestors by down_revision, itself too."""
        result, todo = set(), [revision]
        while todo:
            at = todo.pop()
            if at not in result:
                result.add(at)
                todo += self.ids[at]["down"]
        return result

    def children(self, revision):
        return [r["id"] for r in self.revisions
                if (revision in r["down"] if revision else not r["down"])]

    def lineage(self, revision):
        return self.down(revision) | {i for i in self.ids if revision in self.down(i)}

    def real_heads(self):
        return generate.maximal(self.stands_on, self.ids)

    def applied(self, rows):
        return set().union(*[self.stands_on[r] for r in rows])

    def antichain(self, rows):
        return sorted(rows) == generate.maximal(self.stands_on, self.applied(rows))


def flaw(revisions, stands_on):
    """What is wrong with a graph: the SQLSTATEs that say so; empty for a sound one."""
    ids = [r["id"] for r in revisions]
    labels = [label for r in revisions for label in r["labels"]]
    codes = set()
    for name in ids + labels:
        if name in WORDS or set(name) & (ILLEGAL | {" "}):
            codes.add("MG006")
    if len(set(ids + labels)) < len(ids + labels):
        codes.add("MG008")
    if stands_on is None and len(set(ids)) == len(ids):
        codes.add("MG007")
    # a parent cannot be named by a label
    if any(d not in ids for r in revisions for d in r["down"]):
        codes.add("MG007")
    return codes


def parts(text):
    """label, symbol, offset of a target; None for what is not one."""
    match = TARGET.fullmatch(text)
    if not match:
        return None
    return match["label"], match["symbol"] or match["name"], match["offset"]


# -- the same ------------------------------------------------------------------

def refusal(theirs, whole):
    """The SQLSTATEs that mean Alembic's refusal; "whole": all are targets."""
    if theirs["cause"] == "ResolutionError":
        return {"MG002" if theirs["ambiguous"] else "MG001"} if whole else {"MG001", "MG002", "MG004"}
    for cause, pattern, code in REFUSALS:
        if re.fullmatch(cause, theirs["cause"]) and re.search(pattern, theirs["message"]):
            return {code}
    return set()


def same(c, theirs, mine, ordered):
    """By the rules of README.md; "ordered": the order is to be compared."""
    if not theirs["ok"] and not theirs["clean"]:
        return not mine["ok"] or "rows" not in mine or c.antichain(mine["rows"])
    if not theirs["ok"]:
        whole = all(parts(text) for text in c.texts())
        return not mine["ok"] and mine["code"] in refusal(theirs, whole)
    if not mine["ok"]:
        return False
    for key in theirs:
        if key == "rows":
            if mine["rows"] != theirs["rows"] and (c.antichain(theirs["rows"]) or not c.antichain(mine["rows"])):
                return False
        elif key == "order":
            if sorted(mine["order"]) != sorted(theirs["order"]) or ordered and mine["order"] != theirs["order"]:
                return False
        elif key not in ("ok", "warned") and mine[key] != theirs[key]:
            return False
    return True


def failed(c, mine):
    """Is the answer bad whatever Alembic says? The reason, or None."""
    if "broken" in mine:
        return mine["broken"]
    if not mine["ok"] and not (mine["code"] or "").startswith("MG"):
        return "a refusal without a SQLSTATE of class MG"
    if not mine["ok"] and not mine["hint"]:
        return "a refusal without a HINT"
    registered = mine["ok"] or mine["phase"] != "register"
    if registered != (not c.flaw):
        return "the graph has the flaws %s" % sorted(c.flaw) if c.flaw else "a sound graph was refused"
    if not registered and mine["code"] not in c.flaw:
        return "the graph has the flaws %s" % sorted(c.flaw)
    if not mine["ok"] and mine["phase"] == "position":
        return "sound rows were refused"
    if "rows" in mine and not c.antichain(mine["rows"]):
        return "the rows are not the applied revisions that no other stands on"
    return None


# -- kept differences ------------------------------------------------------------
# Each takes the case, Alembic's answer and ours, and says whether it is this
# difference. Ours has passed failed() before.

def graph_refused(c, theirs, mine):
    return bool(c.flaw)


def target_matched_whole(c, theirs, mine):
    return mine.get("code") == "MG004" and any(parts(t) is None for t in c.texts())


def word_as_label(c, theirs, mine):
    return mine.get("code") == "MG001" and any(p and p[0] in WORDS for p in map(parts, c.texts()))


def unknown_label(c, theirs, mine):
    code = {None: "MG001", "many": "MG002"}
    return any(p and p[0] and p[0] not in WORDS and mine.get("code") == code.get(c.look_up(p[0]))
               for p in map(parts, c.texts()))


def label_of_other_branch(c, theirs, mine):
    """Alembic does not look at the label where one branch alone could be undone."""
    p = c.op == "downgrade" and parts(c.case["target"])
    if not p or not p[0] or mine.get("code") != "MG005":
        return False
    label = c.look_up(p[0])
    bottom = None if p[1] == "base" else c.look_up(p[1] or p[0])
    return label in c.ids and all(root not in c.lineage(label) for root in c.children(bottom))


def minus_from_several_rows(c, theirs, mine):
    return c.op == "downgrade" and len(c.rows) > 1 and theirs.get("warned", False) and mine.get("code") == "MG004" \
        and re.fullmatch("-[0-9]+", c.case["target"]) is not None


KEPT = {
    "graph-refused": graph_refused,
    "target-matched-whole": target_matched_whole,
    "word-as-label": word_as_label,
    "unknown-label": unknown_label,
    "label-of-other-branch": label_of_other_branch,
    "minus-from-several-rows": minus_from_several_rows,
}


def compare(c, answers, mine):
    """(verdict, what is wrong): "same", a rule's name, or None; "answers" are
    Alembic's under several hash seeds."""
    wrong = failed(c, mine)
    if wrong:
        return None, wrong
    if c.flaw and not answers[0]["ok"] and answers[0]["phase"] == "load":
        return "same", None
    ordered = len({str(a.get("order")) for a in answers}) == 1
    if not c.flaw and any(same(c, a, mine, ordered) for a in answers):
        return "same", None
    for name, rule in KEPT.items():
        if rule(c, answers[0], mine):
            return name, None
    return None, "the answers differ"
