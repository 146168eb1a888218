/*
 * rules_foreign_key.c
 *	  Advice about foreign keys: an index for them, and like types.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "utils/builtins.h"

#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"
#include "lint/tables/parse_tree.h"
#include "schema/index_name.h"

/* Does a valid index begin with these columns, in any order? */
static bool
has_index_on(const PgmTable *t, List *columns)
{
	ListCell   *li;
	ListCell   *lc;

	foreach(li, t->indexes)
	{
		const PgmIndex *index = lfirst(li);
		int			found = 0;

		if (!index->valid || index->partial ||
			index->nkeys < list_length(columns))
			continue;
		foreach(lc, index->columns)
		{
			ListCell   *lw;

			if (foreach_current_index(lc) >= list_length(columns))
				break;
			foreach(lw, columns)
			{
				if (lfirst(lc) && strcmp(lfirst(lc), lfirst(lw)) == 0)
					found++;
			}
		}
		if (found == list_length(columns))
			return true;
	}
	return false;
}

/* A foreign key whose columns are of another type than those they refer to */
static void
compare_types(const PgmStatementView *v, PgmFindings *out, const PgmTable *t, List *columns, const Constraint *c,
			  const PgmTypeRef *given)
{
	const PgmTable *other = pgm_shadow_table(v->shadow, c->pktable);
	List	   *keys = c->pk_attrs ? pgm_parse_tree_names(c->pk_attrs) :
		pgm_table_primary_key(other);
	ListCell   *la;
	ListCell   *lb;

	if (other == NULL)
		return;
	forboth(la, columns, lb, keys)
	{
		const PgmColumn *a = t ? pgm_table_column(t, lfirst(la), NULL) : NULL;
		const PgmColumn *b = lfirst(lb) ? pgm_table_column(other, lfirst(lb), NULL) : NULL;
		const PgmTypeRef *type = given ? given : a ? &a->type : NULL;

		if (type && b && OidIsValid(type->oid) && OidIsValid(b->type.oid) &&
			type->oid != b->type.oid)
			(void) pgm_finding_add(out, t, "column \"%s\" is %s, and \"%s\", which it refers to, is %s",
								   (char *) lfirst(la), type->name, b->name, b->type.name);
	}
}

/* Are these columns what a list of names, or of index elements, begins with? */
static bool
begins_with(const List *elements, List *columns)
{
	int			found = 0;
	ListCell   *le;
	ListCell   *lc;

	foreach(le, elements)
	{
		const char *name = IsA(lfirst(le), IndexElem) ? lfirst_node(IndexElem, le)->name :
			strVal(lfirst(le));

		if (foreach_current_index(le) >= list_length(columns))
			break;
		foreach(lc, columns)
		{
			if (name && strcmp(name, lfirst(lc)) == 0)
				found++;
		}
	}
	return columns && found == list_length(columns);
}

/* Does a UNIQUE or PRIMARY KEY among the elements of a table bring the index? */
static bool
has_key_on(const List *elements, List *columns)
{
	ListCell   *lc;

	foreach(lc, elements)
	{
		const Constraint *c = lfirst(lc);

		if (IsA(c, Constraint) && c->contype != CONSTR_FOREIGN &&
			begins_with(c->keys, columns))
			return true;
	}
	return false;
}

static bool
is_same(const RangeVar *a, const RangeVar *b)
{
	return strcmp(a->relname, b->relname) == 0 &&
		(a->schemaname == NULL || b->schemaname == NULL ||
		 strcmp(a->schemaname, b->schemaname) == 0);
}

/* Does a later statement of the script build an index on the columns? */
static bool
is_built_later(const PgmStatementView *v, const RangeVar *rel, List *columns)
{
	ListCell   *lc;

	foreach(lc, v->script->statements)
	{
		const PgmStatement *s = lfirst(lc);
		const IndexStmt *stmt = (const IndexStmt *) s->raw->stmt;

		if (s->number > v->statement->number && IsA(stmt, IndexStmt) &&
			stmt->whereClause == NULL && is_same(stmt->relation, rel) &&
			begins_with(stmt->indexParams, columns))
			return true;
	}
	return false;
}

/* A foreign key that is added to a table, NULL: to one that is made with it */
static void
advise_key(const PgmStatementView *v, PgmFindings *out, PgmTable *t, const RangeVar *rel, const Constraint *c,
		   List *columns, const PgmTypeRef *given)
{
	const PgmTable *other = pgm_shadow_table(v->shadow, c->pktable);
	char	   *name;
	PgmFinding *f;

	if (other == NULL)
		return;
	compare_types(v, out, t, columns, c, given);
	if ((t && (!pgm_finding_table_matters(t) || has_index_on(t, columns))) ||
		is_built_later(v, rel, columns))
		return;
	name = t ? pgm_table_name(t) : quote_qualified_identifier(pgm_shadow_creation_schema(v->shadow, rel), rel->relname);
	f = pgm_finding_add(out, t, "no index of %s begins with the columns of the foreign key: each DELETE of a row of %s reads all of it",
						name, pgm_table_name(other));
	if (t)
		pgm_finding_rewrite(f, "%s", pgm_safe_index(v->shadow, t,
													pgm_safe_name(v->shadow, t, pgm_index_name_of_columns(columns), "idx"),
													psprintf("(%s)", pgm_safe_columns(columns)), false));
	else
	{
		f->severity = PGM_SEVERITY_NOTICE;	/* it is empty as yet */
		pgm_finding_rewrite(f, "CREATE INDEX %s ON %s (%s);",
							quote_identifier(makeObjectName(rel->relname, pgm_index_name_of_columns(columns), "idx")),
							name, pgm_safe_columns(columns));
	}
}

/* The foreign keys of a new table */
static void
advise_new_table(const PgmStatementView *v, PgmFindings *out, const CreateStmt *stmt)
{
	ListCell   *le;
	ListCell   *lc;

	foreach(le, stmt->tableElts)
	{
		const ColumnDef *def = lfirst(le);
		const Constraint *c = lfirst(le);

		if (IsA(c, Constraint) && c->contype == CONSTR_FOREIGN &&
			!has_key_on(stmt->tableElts, pgm_parse_tree_names(c->fk_attrs)))
			advise_key(v, out, NULL, stmt->relation, c, pgm_parse_tree_names(c->fk_attrs), NULL);
		if (!IsA(def, ColumnDef) || def->typeName == NULL ||
			pgm_column_def_constraint(def, CONSTR_UNIQUE) ||
			pgm_column_def_constraint(def, CONSTR_PRIMARY))
			continue;
		foreach(lc, def->constraints)
		{
			PgmTypeRef	type = pgm_shadow_type(v->shadow, def->typeName);

			c = lfirst(lc);
			if (IsA(c, Constraint) && c->contype == CONSTR_FOREIGN &&
				!has_key_on(stmt->tableElts, list_make1(def->colname)))
				advise_key(v, out, NULL, stmt->relation, c, list_make1(def->colname), &type);
		}
	}
}

/* Foreign keys without an index, or between different types */
void
pgm_advise_foreign_keys(const PgmStatementView *v, PgmFindings *out)
{
	const RangeVar *rel = IsA(v->node, AlterTableStmt) ?
		((const AlterTableStmt *) v->node)->relation : NULL;
	const Constraint *c;
	const ColumnDef *def;
	PgmTypeRef	type;

	if (rel == NULL)
		advise_new_table(v, out, (const CreateStmt *) v->node);
	else if (v->table == NULL)
		return;
	else if (v->action->subtype == AT_AddConstraint)
	{
		c = (const Constraint *) v->action->def;
		if (c->contype == CONSTR_FOREIGN && c->fk_attrs)
			advise_key(v, out, v->table, rel, c, pgm_parse_tree_names(c->fk_attrs), NULL);
	}
	else
	{
		def = (const ColumnDef *) v->action->def;
		c = pgm_column_def_constraint(def, CONSTR_FOREIGN);
		if (c == NULL || pgm_column_def_constraint(def, CONSTR_UNIQUE) ||
			pgm_column_def_constraint(def, CONSTR_PRIMARY))
			return;
		type = pgm_shadow_type(v->shadow, def->typeName);
		advise_key(v, out, v->table, rel, c, list_make1(def->colname), &type);
	}
}
