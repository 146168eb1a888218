/*
 * column_effects.c
 *	  What it takes to add a column, to forbid nulls in one, or to change its
 *	  type.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/effects/effects_internal.h"
#include "lint/expressions/expressions.h"
#include "lint/tables/parse_tree.h"

/*
 * The work for the constraints of a new column.  Without a default the column is null
 * in all rows, which satisfies foreign keys but not NOT NULL.  Keys and foreign keys
 * are not inherited.
 */
static PgmWork
work_of_constraints(const ColumnDef *def, bool has_default, bool inherited,
					const char **why)
{
	ListCell   *lc;

	foreach(lc, def->constraints)
	{
		const Constraint *c = lfirst(lc);

		if (!IsA(c, Constraint))
			continue;
		switch (c->contype)
		{
			case CONSTR_CHECK:
				*why = "its CHECK is checked for each row";
				return PGM_WORK_SCAN;
			case CONSTR_UNIQUE:
			case CONSTR_PRIMARY:
				if (inherited)
					break;
				*why = "its index is built from every row";
				return PGM_WORK_SCAN;
			case CONSTR_FOREIGN:
				if (!has_default || inherited)
					break;
				*why = "its foreign key is checked for each row, for it has a default";
				return PGM_WORK_SCAN;
			case CONSTR_NOTNULL:
				if (has_default)
					break;
				*why = "NOT NULL without a default is checked for each row";
				return PGM_WORK_SCAN;
			default:
				break;
		}
	}
	return PGM_WORK_NONE;
}

/* The work for the default of a new column, or for what takes its place. */
static PgmWork
work_of_default(PgmForecast *f, const ColumnDef *def, const char **why)
{
	const Constraint *given = pgm_column_def_constraint(def, CONSTR_DEFAULT);
	const Constraint *generated = pgm_column_def_constraint(def, CONSTR_GENERATED);
	PgmTypeRef	type;
	Node	   *standard;

	if (pgm_column_def_is_serial(def) || pgm_column_def_constraint(def, CONSTR_IDENTITY))
	{
		*why = "each row gets a number of its sequence";
		return PGM_WORK_REWRITE;
	}
	if (generated && !pgm_generated_virtual(generated))
	{
		*why = "the column is computed for each row";
		return PGM_WORK_REWRITE;
	}
	type = pgm_shadow_type(f->shadow, def->typeName);
	if (type.constrained)
	{
		*why = "its type is a domain with constraints, which are checked for each row";
		return PGM_WORK_REWRITE;
	}

	/*
	 * A type may have a default of its own, which the server uses as the
	 * column's.
	 */
	standard = !given && OidIsValid(type.oid) ? get_typdefault(type.oid) : NULL;
	if ((given && pgm_expression_volatile(f->shadow->functions, given->raw_expr, &type,
										  def->colname)) ||
		(standard && contain_volatile_functions(standard)))
	{
		*why = "its default is volatile, and computed for each row";
		return PGM_WORK_REWRITE;
	}
	if (given)
		*why = "its default is the same for all rows, and kept once in the catalog";
	return PGM_WORK_NONE;
}

/* The work of ADD COLUMN on one table; *why says why. */
PgmWork
pgm_work_of_column(PgmForecast *f, PgmTable *t, const ColumnDef *def,
				   const char **why)
{
	bool		has_default = pgm_column_def_constraint(def, CONSTR_DEFAULT) != NULL;
	PgmWork		work;

	*why = "a column without a default is not stored in the rows that are there";
	if (t->kind != RELKIND_RELATION)
		return PGM_WORK_NONE;
	work = work_of_default(f, def, why);
	if (work == PGM_WORK_NONE)
		work = work_of_constraints(def, has_default,
								   pgm_effect_is_inherited(f, t), why);
	return work;
}

/* The work of SET NOT NULL on one table; *why says why. */
PgmWork
pgm_effect_work_of_not_null(PgmTable *t, const char *column, const char **why)
{
	const PgmColumn *c = pgm_table_column(t, column, NULL);
	const char *by;

	if (c && c->not_null)
		*why = "the column is NOT NULL already";
	else if (c && pgm_expression_null_excluded(t, column, &by))
		*why = by ? psprintf("the valid CHECK \"%s\" says that it holds no null", by) :
			"its valid CHECKs say that it holds no null";
	else
	{
		*why = "every row is looked at for a null";
		return PGM_WORK_SCAN;
	}
	return PGM_WORK_NONE;
}

/* Is a column among those that pull_varattnos() found, or the whole row? */
static bool
is_member(const Bitmapset *attnums, AttrNumber attnum)
{
	return bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, attnums) ||
		bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber,
					  attnums);
}

/* Does an expression over the columns of a table mention one? */
static bool
mentions(const Node *expr, AttrNumber attnum)
{
	Bitmapset  *attnums = NULL;

	if (expr == NULL)
		return false;
	pull_varattnos(unconstify(Node *, expr), 1, &attnums);
	return is_member(attnums, attnum);
}

/* Must an index be rebuilt because a column changes its type? */
static bool
is_rebuilt(const PgmIndex *index, const PgmColumn *column, AttrNumber attnum,
		   const PgmTypeRef *to)
{
	bool		concerned = is_member(index->mentioned, attnum) ||
		(!OidIsValid(index->oid) && (index->expressions || index->partial));
	ListCell   *lc;

	foreach(lc, index->columns)
	{
		concerned = concerned || (lfirst(lc) &&
								  strcmp(lfirst(lc), column->name) == 0);
	}
	return concerned && !pgm_expression_index_kept(index, column, to);
}

/* Names in quotes, behind what they are: "index" for one, "indexes" for more */
static char *
names_of(const List *names, const char *one, const char *many)
{
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	appendStringInfoString(&out, list_length(names) == 1 ? one : many);
	foreach(lc, names)
	{
		appendStringInfo(&out, "%s \"%s\"", foreach_current_index(lc) ? "," : "",
						 (char *) lfirst(lc));
	}
	return out.data;
}

/*
 * The work of a change of type that leaves the rows as they are: CHECKs that mention
 * the column are checked again, and indexes may have to be rebuilt.
 */
static PgmWork
work_without_rewrite(PgmForecast *f, const PgmTable *t, const PgmColumn *column, AttrNumber attnum,
					 const PgmTypeRef *to, const char **why)
{
	List	   *checks = NIL;
	List	   *indexes = NIL;
	ListCell   *lc;

	foreach(lc, t->checks)
	{
		const PgmCheck *check = lfirst(lc);

		if (check->valid && mentions(check->expr, attnum))
			checks = lappend(checks, check->name);
	}
	foreach(lc, t->indexes)
	{
		const PgmIndex *index = lfirst(lc);

		if (is_rebuilt(index, column, attnum, to))
			indexes = lappend(indexes, index->name);
	}
	if (checks)
	{
		f->redone |= PGM_REDONE_CHECKS;
		*why = psprintf("%s, but %s %s checked again for each row", *why,
						names_of(checks, "CHECK", "CHECKs"),
						list_length(checks) == 1 ? "is" : "are");
	}
	if (indexes)
	{
		f->redone |= PGM_REDONE_INDEXES;
		*why = psprintf("%s, %s %s %s rebuilt", *why, checks ? "and" : "but",
						names_of(indexes, "index", "indexes"),
						list_length(indexes) == 1 ? "is" : "are");
	}
	return checks || indexes ? PGM_WORK_SCAN : PGM_WORK_NONE;
}

/* The work of ALTER COLUMN TYPE on one table; *why says why, or is NULL. */
PgmWork
pgm_effect_work_of_type(PgmForecast *f, PgmTable *t, const AlterTableCmd *cmd,
						const char **why)
{
	const ColumnDef *def = (const ColumnDef *) cmd->def;
	AttrNumber	attnum = InvalidAttrNumber;
	const PgmColumn *c = pgm_table_column(t, cmd->name, &attnum);
	PgmTypeRef	to = pgm_shadow_type(f->shadow, def->typeName);
	PgmTypeChange change;

	*why = NULL;
	if (c == NULL || t->kind != RELKIND_RELATION)
		return PGM_WORK_NONE;
	if (def->collClause)
		to.collation = get_collation_oid(def->collClause->collname, true);
	change = pgm_expression_type_change(t, c, attnum, &to, def->raw_default);
	*why = change.reason;
	if (change.rewrite)
		return PGM_WORK_REWRITE;
	return work_without_rewrite(f, t, c, attnum, &to, why);
}
