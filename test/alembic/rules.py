"""The rules of comparison, and the differences from Alembic that are kept.

compare() says "same", the name of a kept difference, or None for a mismatch.
Nothing is waved through: a kept difference has to apply to the case, which is
found out here and not believed of pg_migrate, and has to look as it should.
"""
import json
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


DIFFER = "the answers differ"


class Refusal(Exception):
    """Carries the SQLSTATE with which a target is to be refused."""


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

    def find(self, name):
        """The same, or the refusal of what is not one revision."""
        found = self.look_up(name)
        if found not in self.ids:
            raise Refusal("MG001" if found is None else "MG002")
        return found

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

    def named(self, texts):
        """The revisions that absolute targets stand for; those of "base" are none."""
        result = set()
        for label, symbol, _ in map(parts, texts):
            if symbol in ("head", "heads"):
                heads = set(self.real_heads() if not label and symbol == "heads" else
                            [i for i in self.ids if not self.children(i)])
                result |= heads & self.lineage(self.find(label)) if label else heads
            elif symbol != "base":
                result.add(self.find(symbol))
        return result

    def stamped(self):
        """The rows that a stamp may lead to: the targets, and rows that have
        nothing to do with them; with a base among them all or none of the rows."""
        named = self.named(self.texts())
        if any(parts(t)[1] == "base" for t in self.texts()):
            others = [[], self.rows]
        else:
            labels = {self.find(parts(t)[0]) for t in self.texts() if parts(t)[0]}
            others = [[row for row in self.rows if not any(
                row in self.stands_on[n] or n in self.stands_on[row] for n in named | labels)]]
        return [generate.maximal(self.stands_on, named.union(rows)) for rows in others]

    def walk(self, start, offset, lineage=None):
        """Along down_revision, ending where the history does; None is base."""
        at = start
        for _ in range(abs(offset)):
            if offset > 0:
                ways = [i for i in self.children(at) if lineage is None or i in lineage]
            elif at is None:
                return None
            else:
                ways = self.ids[at]["down"] or [None]
            if len(ways) > 1:
                raise Refusal("MG004")
            at = ways[0] if ways else at
        return at

    def end(self, text, other):
        """The revisions that an end of a history range stands for. An offset
        without a name counts from the other end."""
        if text == "current":
            return set(self.rows)
        label, symbol, offset = parts(text)
        lineage = self.lineage(self.find(label)) if label else None
        if not offset:
            return self.named([text])
        if symbol:
            start = self.named([symbol])
        else:
            start = {i for i in other if lineage is None or i in lineage}
        if int(offset) > 0 and len(start) > 1:
            raise Refusal("MG003" if symbol else "MG004")
        ends = {self.walk(i, int(offset), lineage) for i in start or {None}}
        if symbol and None in ends:
            raise Refusal("MG004")
        return ends - {None}

    def ends(self):
        """Both ends of a history range, each a list of revisions, or the SQLSTATE
        of the refusal."""
        start, _, end = (self.case["target"] or ":").partition(":")
        start, end = start or "base", end or "heads"
        plus = re.compile("([^@]*@)?[+]|([^@]*@)?-0+$")
        try:
            if plus.match(start) or re.match("([^@]*@)?-|([^@]*@)?[+]0+$", end):
                return "MG004"
            if re.match("([^@]*@)?-", start):  # counts from the end
                high = self.end(end, set())
                low = self.end(start, high)
            else:
                low = self.end(start, set())
                high = self.end(end, low)
        except Refusal as refusal:
            return str(refusal)
        return sorted(low), sorted(high)

    def between(self, low, high):
        """The revisions of a history range: not below its start, and on the way up
        from there."""
        below = self.applied(low) - set(low)
        return {i for i in self.applied(high) - below if self.down(i) & set(low)}

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
    if len(set(ids)) < len(ids):
        codes |= {"MG008", "MG010"}  # the latter when both are in one bundle
    if len(set(ids + labels)) < len(ids + labels):
        codes.add("MG008")
    if any(len(set(r[key])) < len(r[key]) for r in revisions for key in ("down", "deps", "labels")):
        codes.add("MG006")
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

def refusal(c, theirs):
    """The SQLSTATEs that mean Alembic's refusal."""
    if theirs["cause"] == "ResolutionError":
        targets = [parts(text) for text in c.texts()]
        if None in targets:  # not even a target
            return {"MG001", "MG002", "MG004"}
        if any(label for label, _, _ in targets):  # in the branch or everywhere
            return {"MG001", "MG002"}
        return {"MG002" if theirs["ambiguous"] else "MG001"}
    for cause, pattern, code in REFUSALS:
        if re.fullmatch(cause, theirs["cause"]) and re.search(pattern, theirs["message"]):
            return {code}
    return set()


def same(c, theirs, mine, ordered):
    """By the rules of README.md; "ordered": the order is to be compared."""
    if not theirs["ok"] and not theirs["clean"]:
        return not mine["ok"] or "rows" not in mine or c.antichain(mine["rows"])
    if not theirs["ok"]:
        return not mine["ok"] and mine["code"] in refusal(c, theirs)
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
    p = c.op == "downgrade" and parts(c.case["target"])
    if not p or not p[0] or mine.get("code") != "MG005":
        return False
    label = c.look_up(p[0])
    bottom = None if p[1] == "base" else c.look_up(p[1])
    return label in c.ids and all(root not in c.lineage(label) for root in c.children(bottom))


def minus_from_several_rows(c, theirs, mine):
    return c.op == "downgrade" and len(c.rows) > 1 and theirs.get("warned", False) and mine.get("code") == "MG004" \
        and re.fullmatch("-[0-9]+", c.case["target"]) is not None


def relative_in_a_list(c, theirs, mine):
    return c.op in ("stamp", "revision", "merge") and mine.get("code") == "MG004" \
        and any(p and p[2] for p in map(parts, c.texts()))


def below_base(c, theirs, mine):
    return mine.get("code") == "MG004" and any(p and p[1] == "base" and p[2] and p[2][0] == "-"
                                               for p in map(parts, c.texts()))


def merge_of_one(c, theirs, mine):
    return c.op == "merge" and theirs["ok"] and len(theirs["down"]) < 2 and mine.get("code") == "MG004"


def stamp_keeps_targets(c, theirs, mine):
    """Alembic's rows do not say that all the targets are applied; ours do."""
    return c.op == "stamp" and mine["ok"] and theirs["ok"] \
        and not c.named(c.texts()) <= c.applied(theirs["rows"]) and mine["rows"] in c.stamped()


def history_start_is_relative(c):
    start = c.op == "history" and parts((c.case["target"] or "").partition(":")[0])
    return bool(start and start[2])


def history_has_current(c):
    return c.op == "history" and "current" in c.texts()


def range_is_found(c, mine):
    """Is the answer the range? Only for what Alembic has no words for; with_ends()
    asks it about the others."""
    ends = c.ends()
    if isinstance(ends, str):
        return mine.get("code") == ends
    low, high = ends
    if not high:  # Alembic takes no rows for all heads
        return mine.get("code") == "MG005" if low else mine.get("order") == []
    return low != generate.maximal(c.stands_on, low) and set(mine.get("order", [])) == c.between(low, high)


def relative_start(c, theirs, mine):
    return history_start_is_relative(c) and range_is_found(c, mine)


def current_position(c, theirs, mine):
    return history_has_current(c) and range_is_found(c, mine)


KEPT = {
    "graph-refused": graph_refused,
    "target-matched-whole": target_matched_whole,
    "word-as-label": word_as_label,
    "unknown-label": unknown_label,
    "label-of-other-branch": label_of_other_branch,
    "minus-from-several-rows": minus_from_several_rows,
    "relative-in-a-list": relative_in_a_list,
    "below-base": below_base,
    "merge-of-one": merge_of_one,
    "stamp-keeps-targets": stamp_keeps_targets,
    "history-relative-start": relative_start,
    "history-current": current_position,
}


# Differences in how a question may be put: Alembic, asked again in words that
# it takes, has to answer as we do. Each takes the case and our answer and
# gives such questions, pairs of a case and what our answer is in its words;
# one of them has to compare the same.

def with_ends(c, mine):
    """A history between revisions that are named one by one."""
    ends = c.ends()
    return [(dict(c.case, ends=ends), mine)] if not isinstance(ends, str) and ends[1] else []


def named_start(c, mine):
    return with_ends(c, mine) if history_start_is_relative(c) else []


def named_position(c, mine):
    return with_ends(c, mine) if history_has_current(c) else []


def each_alone(c, mine):
    """Of several refusals one has to be first."""
    if mine["ok"] or len(c.texts()) < 2:
        return []
    if c.op == "history":
        start, _, end = c.case["target"].partition(":")
        return [(dict(c.case, target=start + ":"), mine), (dict(c.case, target=":" + end), mine)]
    return [(dict(c.case, targets=[target], deps=[]), mine) for target in c.case["targets"]] \
        + [(dict(c.case, targets=["base"], deps=[name]), mine) for name in c.case.get("deps", [])]


def without_dots(c, mine):
    """Alembic reads name+N only where the name is letters, digits and _."""
    if not any(p and p[1] and p[2] and "." in p[1] for p in map(parts, c.texts())):
        return []
    return [tuple(json.loads(json.dumps(value).replace(".", "_")) for value in (c.case, mine))]


REPHRASED = {
    "history-relative-start": named_start,
    "history-current": named_position,
    "other-refusal-first": each_alone,
    "dotted-name": without_dots,
}


# -- the verdict -------------------------------------------------------------------

def compare(c, answers, mine):
    """(verdict, what is wrong): "same", a rule of KEPT, or None for neither.
    "answers" are Alembic's under several hash seeds."""
    wrong = failed(c, mine)
    if wrong:
        return None, wrong
    if c.flaw:
        refused = not answers[0]["ok"] and answers[0]["phase"] == "load"
        return "same" if refused else "graph-refused", None
    ordered = len({str(a.get("order")) for a in answers}) == 1
    if any(same(c, a, mine, ordered) for a in answers):
        return "same", None
    for name, rule in KEPT.items():
        if rule(c, answers[0], mine):
            return name, None
    return None, DIFFER


def rephrase(c, mine):
    """Questions to ask Alembic about a case without a verdict: triples of a rule
    of REPHRASED, a case, and our answer in its words."""
    return [(name, *pair) for name, rule in REPHRASED.items() for pair in rule(c, mine)]
