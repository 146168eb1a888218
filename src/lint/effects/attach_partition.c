/*
 * attach_partition.c
 *	  Does ATTACH PARTITION have to read the table it attaches?
 *
 * Not if the valid CHECKs of that table imply the bounds.  The bounds are turned into an
 * expression as the server does it, except that only built-in functions are evaluated:
 * lint must not run code of users.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "lint/effects/effects_internal.h"
#include "lint/expressions/expressions.h"
#include "schema/builtin_definitions.h"
#include "schema/builtin_functions.h"

/* Variables of the parent's columns to be those of the child's */
typedef struct PgmMapping
{
	const PgmTable *parent;
	const PgmTable *child;
	bool		failed;
} PgmMapping;

/* The partition's column of the same name */
static Node *
map_column(Node *node, void *context)
{
	PgmMapping *m = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varattno > 0)
	{
		Var		   *var = copyObject((Var *) node);
		const PgmColumn *c;

		Assert(var->varlevelsup == 0);	/* bounds have no sub-queries */
		c = list_nth(m->parent->columns, var->varattno - 1);

		if (c->name == NULL ||
			pgm_table_column(m->child, c->name, &var->varattno) == NULL)
			m->failed = true;
		return (Node *) var;
	}
	return expression_tree_mutator(node, map_column, context);
}

/* One bound of a column of the key; NULL when it cannot be computed. */
static Node *
bound_value(PartitionKey key, int column, Node *raw)
{
	PgmTypeRef	type;

	Assert(column >= 0 && column < key->partnatts);
	type = (PgmTypeRef)
	{
		.oid = key->parttypid[column],
			.typmod = key->parttypmod[column],
			.collation = key->partcollation[column]
	};

	return (Node *) pgm_expression_bound(raw, &type);
}

/* The bounds of a range on one side; NIL when one cannot be computed. */
static List *
range_bounds(PartitionKey key, List *raw)
{
	List	   *bounds = NIL;
	ListCell   *lc;

	/* the server will refuse bounds of another length than the key */
	if (list_length(raw) != key->partnatts)
		return NIL;
	foreach(lc, raw)
	{
		PartitionRangeDatum *datum = makeNode(PartitionRangeDatum);
		const ColumnRef *name = lfirst(lc);
		const char *infinite = IsA(name, ColumnRef) && list_length(name->fields) == 1 &&
			IsA(linitial(name->fields), String) ? strVal(linitial(name->fields)) : "";

		/*
		 * The grammar has no node for MINVALUE and MAXVALUE: they are column
		 * names.
		 */
		datum->kind = strcmp(infinite, "minvalue") == 0 ? PARTITION_RANGE_DATUM_MINVALUE :
			strcmp(infinite, "maxvalue") == 0 ? PARTITION_RANGE_DATUM_MAXVALUE :
			PARTITION_RANGE_DATUM_VALUE;
		datum->location = -1;
		if (datum->kind == PARTITION_RANGE_DATUM_VALUE)
		{
			datum->value = bound_value(key, foreach_current_index(lc), lfirst(lc));
			/* the server refuses a null in a range */
			if (datum->value == NULL || ((Const *) datum->value)->constisnull)
				return NIL;
		}
		bounds = lappend(bounds, datum);
	}
	return bounds;
}

/*
 * The bounds with their values computed, NULL when they cannot be; the server's
 * transformPartitionBound() would evaluate any expression for it.
 */
static PartitionBoundSpec *
compute_bounds(Relation rel, const PartitionBoundSpec *raw)
{
	PartitionKey key = RelationGetPartitionKey(rel);
	PartitionBoundSpec *spec = copyObject(unconstify(PartitionBoundSpec *, raw));
	ListCell   *lc;

	/* the server will refuse to attach to a table that is not partitioned */
	if (key == NULL || (!raw->is_default && raw->strategy != (char) key->strategy))
		return NULL;

	/*
	 * DEFAULT has no strategy of its own: transformPartitionBound() sets it,
	 * too.
	 */
	spec->strategy = key->strategy;
	if (raw->is_default || key->strategy == PARTITION_STRATEGY_HASH)
		return spec;
	spec->listdatums = NIL;
	if (key->strategy == PARTITION_STRATEGY_LIST)
	{
		Assert(key->partnatts == 1);
		foreach(lc, raw->listdatums)
		{
			Node	   *value = bound_value(key, 0, lfirst(lc));

			if (value == NULL)
				return NULL;
			spec->listdatums = lappend(spec->listdatums, value);
		}
		return spec;
	}
	spec->lowerdatums = range_bounds(key, raw->lowerdatums);
	spec->upperdatums = range_bounds(key, raw->upperdatums);
	return spec->lowerdatums && spec->upperdatums ? spec : NULL;
}

/*
 * What the bounds say, over the columns of the parent, and on demand what those
 * of the parent itself say; NIL: nothing, or it cannot be said without running
 * somebody's code.
 */
static List *
bound_quals(PgmTable *parent, const PartitionBoundSpec *bound, bool inherited)
{
	Relation	rel;
	PartitionBoundSpec *spec;
	List	   *quals = NIL;

	/*
	 * Before the relation is asked for its partition key: the relcache folds
	 * the key expressions when it builds that, which may call a function of
	 * the owner.
	 */
	if (!pgm_bounds_are_builtin(parent->relid))
		return NIL;
	rel = table_open(parent->relid, AccessShareLock);
	spec = compute_bounds(rel, bound);
	if (spec)
	{
		quals = get_qual_from_partbound(rel, spec);
		if (inherited)
			quals = list_concat(quals, list_copy(RelationGetPartitionQual(rel)));
	}
	/* Folded as the server does before it compares them with the CHECKs. */
	if (pgm_is_builtin((Node *) quals, PGM_USE_FOLD, NULL))
		quals = (List *) eval_const_expressions(NULL, (Node *) quals);
	table_close(rel, AccessShareLock);
	return quals ? list_make1(make_ands_explicit(quals)) : NIL;
}

/* The condition that rows of the new partition must meet, as ALTER TABLE states it */
static List *
partition_constraint(PgmTable *parent, const PgmTable *child,
					 const PartitionBoundSpec *bound)
{
	PgmMapping	mapping = {.parent = parent,.child = child};
	List	   *quals = bound_quals(parent, bound, true);

	quals = (List *) map_column((Node *) quals, &mapping);
	return mapping.failed ? NIL : quals;
}

/*
 * The text of a CHECK that says what the bounds say; NULL where the parent is
 * not there yet, or they say nothing.
 */
char *
pgm_attach_bound_check(PgmTable *parent, const PartitionBoundSpec *bound)
{
	List	   *quals = OidIsValid(parent->relid) ? bound_quals(parent, bound, true) : NIL;

	return quals == NIL ? NULL :
		deparse_expression(linitial(quals),
						   deparse_context_for(parent->name, parent->relid),
						   false, false);
}

/* Has a partitioned table any partition yet? */
static bool
has_partition(PgmShadow *s, PgmTable *parent)
{
	ListCell   *lc;

	foreach(lc, pgm_shadow_children(s, parent))
	{
		if (!((PgmTable *) lfirst(lc))->dropped)
			return true;
	}
	return false;
}

/* The work of ATTACH PARTITION on the table that is attached; *why says why. */
PgmWork
pgm_work_of_attach(PgmShadow *s, PgmTable *parent, PgmTable *child,
				   const PartitionBoundSpec *bound, const char **why)
{
	List	   *quals;

	*why = "every row is looked at for whether it fits the bounds";

	/*
	 * The bounds of a parent that the plan makes cannot be computed: no
	 * relcache.
	 */
	if (!OidIsValid(parent->relid))
		return PGM_WORK_SCAN;

	/*
	 * A parent that is a partition itself has bounds, which apply to its
	 * DEFAULT, too.
	 */
	if (bound->is_default && !parent->is_partition && !has_partition(s, parent))
	{
		*why = "there is no other partition, so that each row fits";
		return PGM_WORK_NONE;
	}
	quals = partition_constraint(parent, child, bound);
	if (quals == NIL || !pgm_expression_proven(child, quals))
		return PGM_WORK_SCAN;
	*why = "its valid CHECKs say that its rows fit the bounds";
	return PGM_WORK_NONE;
}

/*
 * The condition that rows of a DEFAULT partition must meet when another partition is
 * added, over its own columns; NIL when it cannot be computed.
 */
static List *
default_constraint(PgmTable *parent, const PgmTable *standard,
				   const PartitionBoundSpec *bound)
{
	PgmMapping	mapping = {.parent = parent,.child = standard};
	List	   *quals = bound_quals(parent, bound, false);

	/* get_proposed_default_constraint() evaluates expressions. */
	if (quals == NIL || !pgm_is_builtin((Node *) quals, PGM_USE_FOLD, NULL))
		return NIL;
	quals = get_proposed_default_constraint(quals);
	quals = (List *) map_column((Node *) quals, &mapping);
	return mapping.failed ? NIL : quals;
}

/*
 * Add the effects of a new partition on the DEFAULT partition, which is searched for
 * rows of the new one, part by part, except where valid CHECKs prove that there is
 * none.
 */
void
pgm_effects_on_default_partition(PgmForecast *f, PgmTable *parent,
								 const PartitionBoundSpec *bound)
{
	PgmTable   *standard = pgm_shadow_default_partition(f->shadow, parent);
	bool		proven = false;
	ListCell   *lc;

	if (standard == NULL || bound->is_default)
		return;
	foreach(lc, pgm_shadow_tree(f->shadow, standard))
	{
		/*
		 * The tree begins with the table itself: a proof for it covers its
		 * parts.
		 */
		PgmTable   *one = lfirst(lc);
		List	   *quals = default_constraint(parent, one, bound);
		bool		spared = proven ||
			(quals && pgm_expression_proven(one, quals));

		proven = proven || (spared && one == standard);
		pgm_effect_add(f, one, AccessExclusiveLock,
					   spared || one->kind != RELKIND_RELATION ?
					   PGM_WORK_NONE : PGM_WORK_SCAN,
					   spared ? "its valid CHECKs say that it holds no row of the new partition" :
					   "the DEFAULT partition is searched for rows of the new one");
	}
}
