/*
 * safe_attach.c
 *	  ATTACH PARTITION in steps that block others only briefly.
 *
 * The partition gets the constraints and indexes of its parent before, so that ATTACH
 * PARTITION does not create them, and validated CHECKs imply the partition bound, so
 * that it reads no rows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"
#include "lint/shadow/partition_match.h"
#include "schema/index_name.h"
#include "util/relation_name.h"

/* Make the columns of the future partition NOT NULL that are NOT NULL in its parent. */
static void
add_not_nulls(PgmSafe *safe, const PgmTable *parent, PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, parent->columns)
	{
		const PgmColumn *c = lfirst(lc);
		const PgmColumn *own = c->name ? pgm_table_column(child, c->name, NULL) : NULL;

		if (own && c->not_null && !own->not_null)
			pgm_safe_not_null(safe, c->name);
	}
}

/* Add the CHECKs of the parent, which the partition must have under the same names. */
static void
add_checks(PgmSafe *safe, const PgmTable *parent, const PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, OidIsValid(parent->relid) ? parent->checks : NIL)
	{
		const PgmCheck *c = lfirst(lc);

		if (c->expr && c->not_null == NULL && !pgm_table_has_constraint(child, c->name))
			pgm_safe_valid_later(safe, c->name,
								 psprintf("CHECK (%s)",
										  deparse_expression(c->expr,
															 deparse_context_for(parent->name, parent->relid),
															 false, false)));
	}
}

/* Return the definition of an index: the text after the name of its table. */
static char *
index_definition(const PgmIndex *index)
{
	char	   *sql;
	char	   *start;

	if (!OidIsValid(index->oid))
		return psprintf("USING %s (%s)", index->method, pgm_safe_columns(index->columns));
	sql = pg_get_indexdef_string(index->oid);
	start = psprintf("CREATE %sINDEX %s ON %s ", index->unique ? "UNIQUE " : "",
					 quote_identifier(get_rel_name(index->oid)),
					 pgm_relation_name(index->table->relid));
	return sql + strlen(start);
}

/* Add a key of the parent to the partition, which takes over an index built before. */
static void
add_key(PgmSafe *safe, const PgmIndex *index)
{
	Constraint *c = makeNode(Constraint);
	PgmKey		key = {.constraint = c,.attributes = index->deferrable};
	ListCell   *lc;

	c->contype = index->primary ? CONSTR_PRIMARY : CONSTR_UNIQUE;
	c->nulls_not_distinct = index->nulls_not_distinct;
	foreach(lc, index->columns)
	{
		if (foreach_current_index(lc) < index->nkeys)
			key.columns = lappend(key.columns, lfirst(lc));
		else
			c->including = lappend(c->including, makeString(lfirst(lc)));
	}
	pgm_safe_key(safe, &key);
}

/* Add an index of the parent that the partition lacks. */
static void
add_index(PgmSafe *safe, const PgmIndex *index)
{
	if (index->exclusion)
		pgm_safe_add(safe, PGM_SAFE_BEGIN, "-- and the exclusion constraint %s of the parent, which is built whatever indexes there are\n",
					 pgm_escape_line(quote_identifier(index->name)));
	else if (index->constraint)
		add_key(safe, index);
	else if (!OidIsValid(index->oid) && (index->expressions || index->partial || index->special))

		/* The plan creates the index, so it has no definition in the catalog. */
		pgm_safe_add(safe, PGM_SAFE_BEGIN, "-- and an equal of the index %s of the parent, built CONCURRENTLY\n",
					 quote_identifier(index->name));
	else
	{
		char	   *name = pgm_safe_name(safe->shadow, safe->table,
										 pgm_index_name_of_columns(index->columns), "idx");

		pgm_safe_add(safe, PGM_SAFE_PROVE, "%s",
					 pgm_safe_index(safe->shadow, safe->table, name,
									index_definition(index), index->unique));
	}
}

/*
 * Add a foreign key of the parent to "child", which is the future partition or one of its
 * own partitions.
 */
static void
add_foreign_key(PgmSafe *safe, const PgmForeignKey *key, PgmTable *child)
{
	PgmTable   *own = safe->table;
	char	   *name = pgm_safe_name(safe->shadow, child, pgm_index_name_of_columns(key->columns), "fkey");

	if (!OidIsValid(key->oid))
	{
		pgm_safe_add(safe, PGM_SAFE_BEGIN, "-- and the foreign key %s of the parent, NOT VALID, to be validated later\n",
					 pgm_escape_line(quote_identifier(key->name)));
		return;
	}

	/* pgm_safe_valid_later() alters the table of the safe form. */
	safe->table = child;
	pgm_safe_valid_later(safe, name,
						 TextDatumGetCString(DirectFunctionCall1(pg_get_constraintdef,
																 ObjectIdGetDatum(key->oid))));
	safe->table = own;
}

/* Add the indexes and foreign keys of the parent that the partition lacks. */
static void
add_lacked(PgmSafe *safe, PgmTable *parent, PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, parent->indexes)
	{
		if (pgm_partition_match_index(lfirst(lc), child) == NULL)
			add_index(safe, lfirst(lc));
	}
	foreach(lc, pgm_partition_missing(safe->shadow, parent, child))
	{
		const PgmMissingPart *lacked = lfirst(lc);

		if (lacked->key && lacked->key->valid)
			add_foreign_key(safe, lacked->key, lacked->table);
	}
}

/* The effect of the statement on the table, or NULL */
static const PgmEffect *
effect_on(const PgmStatementView *v, const PgmTable *t)
{
	ListCell   *lc;

	foreach(lc, v->effects)
	{
		if (((PgmEffect *) lfirst(lc))->table == t)
			return lfirst(lc);
	}
	return NULL;
}

/* Would ATTACH PARTITION read rows of "child", or of its partitions, to check the bound? */
static bool
would_read_rows(PgmShadow *s, PgmTable *parent, PgmTable *child,
				const PartitionBoundSpec *bound)
{
	const char *why;
	ListCell   *lc;

	foreach(lc, pgm_shadow_tree(s, child))
	{
		if (((PgmTable *) lfirst(lc))->kind == RELKIND_RELATION &&
			pgm_work_of_attach(s, parent, lfirst(lc), bound, &why) != PGM_WORK_NONE)
			return true;
	}
	return false;
}

/*
 * Add a CHECK that a table has until the partition is attached.  Its DROP, which comes
 * after ATTACH PARTITION, is only in the steps, which are returned.
 */
static List *
add_temporary_check(PgmSafe *safe, const PgmTable *t, const char *condition)
{
	const char *name = quote_identifier(pgm_safe_name(safe->shadow, t, "bound", "check"));
	List	   *steps = pgm_recipe_temporary_check(pgm_safe_alter_table(t), name, condition);

	pgm_safe_add_recipe(safe, steps, PGM_RECIPE_ADD, PGM_RECIPE_READ);
	return steps;
}

/*
 * Add the steps that attach a partition without reading it.  "attach" is the ATTACH
 * PARTITION statement; "child" is the table that it attaches, or NULL if an earlier
 * statement of the safe form creates that, so that it is empty.
 */
void
pgm_safe_attach(const PgmStatementView *v, PgmSafe *safe, PgmTable *parent,
				const PartitionBoundSpec *bound, PgmTable *child, const char *attach)
{
	PgmTable   *standard = bound->is_default ? NULL : pgm_shadow_default_partition(v->shadow, parent);
	char	   *condition = pgm_attach_bound_check(parent, bound);
	List	   *checks = NIL;
	ListCell   *lc;

	condition = condition ? condition : "...what the bounds say, and IS NOT NULL...";
	if (child)
	{
		safe->table = child;
		if (would_read_rows(v->shadow, parent, child, bound))
			checks = add_temporary_check(safe, child, condition);
		add_not_nulls(safe, parent, child);
		add_checks(safe, parent, child);
		add_lacked(safe, parent, child);
	}

	/* The DEFAULT partition is read for rows that belong into the new one. */
	foreach(lc, standard ? pgm_shadow_tree(v->shadow, standard) : NIL)
	{
		const PgmEffect *e = effect_on(v, lfirst(lc));

		if (e && e->work != PGM_WORK_NONE && pgm_finding_table_matters(e->table))
			checks = list_concat(checks, add_temporary_check(safe, e->table,
															 psprintf("NOT (%s)", condition)));
	}
	pgm_safe_add_recipe(safe, pgm_recipe_attach(checks, attach), PGM_RECIPE_FINISH,
						PGM_RECIPE_CLEAN);
}
