/*
 * rules_constraint.c
 *	  Rules about adding and validating constraints.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/expressions.h"
#include "lint/rules.h"

/* The constraint that the action adds, if it is of this kind; or NULL. */
static const Constraint *
added(const PgmLint *l, ConstrType type)
{
	const Constraint *c = (const Constraint *) l->action->def;

	return l->action->subtype == AT_AddConstraint && c->contype == type ? c : NULL;
}

/* Its name, or the one that the server would give it */
static char *
name_of(const PgmLint *l, const Constraint *c, const char *suffix)
{
	List	   *columns = c->contype == CONSTR_FOREIGN ? c->fk_attrs : c->keys;

	return c->conname ? c->conname :
		makeObjectName(l->table->name, columns ? strVal(linitial(columns)) : NULL,
					   suffix);
}

/* The definition without a name */
static char *
definition(const PgmLint *l, const Constraint *c)
{
	char	   *text = pgm_source_element(l, c->location);

	if (c->conname && pg_strncasecmp(text, "constraint", 10) == 0)
	{
		const char *keywords[] = {"CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE"};
		char	   *found = NULL;

		for (int i = 0; i < (int) lengthof(keywords); i++)
		{
			char	   *at = strcasestr(text +10 + strlen(c->conname), keywords[i]);

			if (at && (found == NULL || at < found))
				found = at;
		}
		return found ? found : text;
	}
	return text;
}

/* Say that the plan makes the table; returns whether it does. */
static bool
clear_new(PgmLint *l)
{
	if (l->table == NULL || pgm_worst_effect(l))
		return l->table == NULL;
	(void) pgm_clear(l, l->table, "the plan makes the table: nobody uses it yet");
	return true;
}

/* NOT VALID first, to be validated in a transaction of its own */
static void
rewrite_not_valid(PgmLint *l, PgmFinding *f, const Constraint *c,
				  const char *suffix)
{
	char	   *name = name_of(l, c, suffix);

	pgm_rewrite(f, "ALTER TABLE %s ADD CONSTRAINT %s %s NOT VALID;\n-- in a later migration:\nALTER TABLE %s VALIDATE CONSTRAINT %s;",
				pgm_shadow_name(l->table), quote_identifier(name),
				definition(l, c), pgm_shadow_name(l->table),
				quote_identifier(name));
}

/* ADD CHECK without NOT VALID reads the table under ACCESS EXCLUSIVE. */
void
pgm_rule_check(PgmLint *l)
{
	const Constraint *c = added(l, CONSTR_CHECK);
	const PgmEffect *e = pgm_worst_effect(l);

	if (c == NULL || clear_new(l))
		return;
	if (e->work == PGM_WORK_NONE)
		(void) pgm_clear(l, l->table, "%s", e->why ? e->why : "the table has no rows of its own");
	else
		rewrite_not_valid(l, pgm_find_effect(l, e, "ADD CHECK blocks all access to %s until it has checked each row",
											 pgm_shadow_name(e->table)), c, "check");
}

/* How foreign keys of a partitioned table are added before 18 */
static void
rewrite_partitioned_key(PgmLint *l, PgmFinding *f, const Constraint *c)
{
	StringInfoData out;
	char	   *name = name_of(l, c, "fkey");
	char	   *text = definition(l, c);
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, pgm_shadow_tree(l->shadow, l->table))
	{
		PgmTable   *t = lfirst(lc);

		if (t->kind != RELKIND_PARTITIONED_TABLE)
			appendStringInfo(&out, "ALTER TABLE %s ADD CONSTRAINT %s %s NOT VALID;\n",
							 pgm_shadow_name(t), quote_identifier(name), text);
	}
	appendStringInfoString(&out, "-- in later migrations:\n");
	foreach(lc, pgm_shadow_tree(l->shadow, l->table))
	{
		PgmTable   *t = lfirst(lc);

		if (t->kind != RELKIND_PARTITIONED_TABLE)
			appendStringInfo(&out, "ALTER TABLE %s VALIDATE CONSTRAINT %s;\n",
							 pgm_shadow_name(t), quote_identifier(name));
	}
	appendStringInfo(&out, "-- then, which takes over those of the partitions:\nALTER TABLE %s ADD CONSTRAINT %s %s;",
					 pgm_shadow_name(l->table), quote_identifier(name), text);
	pgm_rewrite(f, "%s", out.data);
}

/* The table that a foreign key refers to */
static const char *
referenced_name(PgmLint *l, const Constraint *c)
{
	const PgmTable *other = pgm_shadow_table(l->shadow, c->pktable);

	return other ? pgm_shadow_name(other) :
		quote_qualified_identifier(c->pktable->schemaname, c->pktable->relname);
}

/* ADD FOREIGN KEY without NOT VALID blocks writes to both tables. */
void
pgm_rule_foreign_key(PgmLint *l)
{
	const Constraint *c = added(l, CONSTR_FOREIGN);
	const PgmEffect *e = pgm_worst_effect(l);
	bool		partitioned;
	PgmFinding *f;

	if (c == NULL || clear_new(l))
		return;
	partitioned = l->table->kind == RELKIND_PARTITIONED_TABLE;
	if (partitioned && c->skip_validation && !PGM_PARTITIONED_KEY_NOT_VALID)
	{
		f = pgm_find(l, l->table, "a foreign key of a partitioned table cannot be NOT VALID before PostgreSQL 18");
		rewrite_partitioned_key(l, f, c);
		return;
	}
	if (e->work == PGM_WORK_NONE || !pgm_table_matters(l->table))
	{
		(void) pgm_clear(l, l->table, "%s", e->why ? e->why :
						 "no row has to be checked");
		return;
	}
	f = pgm_find_effect(l, e, "ADD FOREIGN KEY blocks writes to %s and to %s until it has checked each row",
						pgm_shadow_name(l->table),
						referenced_name(l, c));
	if (partitioned && !PGM_PARTITIONED_KEY_NOT_VALID)
		rewrite_partitioned_key(l, f, c);
	else
		rewrite_not_valid(l, f, c, "fkey");
}

/* ADD COLUMN ... REFERENCES is checked only when there is a default. */
void
pgm_rule_column_foreign_key(PgmLint *l)
{
	const ColumnDef *def = (const ColumnDef *) l->action->def;
	const Constraint *c = pgm_column_constraint(def, CONSTR_FOREIGN);
	const PgmEffect *e = pgm_worst_effect(l);
	PgmFinding *f;

	if (c == NULL || clear_new(l) || !pgm_table_matters(l->table))
		return;
	if (pgm_column_constraint(def, CONSTR_DEFAULT) == NULL)
	{
		(void) pgm_clear(l, l->table, "the new column is null in each row, so that no row is checked; it takes SHARE ROW EXCLUSIVE on %s for a moment",
						 referenced_name(l, c));
		return;
	}
	f = pgm_find_effect(l, e, "the default of the new column is checked against %s for each row",
						referenced_name(l, c));
	pgm_advise(f, "Add the column, then ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s NOT VALID, and VALIDATE CONSTRAINT in a later migration.",
			   pgm_shadow_name(l->table),
			   quote_identifier(makeObjectName(l->table->name, def->colname, "fkey")),
			   quote_identifier(def->colname),
			   referenced_name(l, c));
}

/* The existing tables that the foreign keys of a new table refer to */
void
pgm_rule_table_foreign_key(PgmLint *l)
{
	ListCell   *lc;
	List	   *seen = NIL;

	foreach(lc, l->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->mode != ShareRowExclusiveLock || !OidIsValid(e->table->relid))
			continue;
		(void) pgm_find_effect(l, e, "the foreign key of the new table takes SHARE ROW EXCLUSIVE on %s: no row is read, but writes to it wait until the migration is committed",
							   pgm_shadow_name(e->table));
		seen = list_append_unique_ptr(seen, e->table);
	}
	if (list_length(seen) > 1)
		pgm_advise(pgm_find(l, NULL, "foreign keys to %d tables are locked for together, which may deadlock with transactions that use them in another order",
							list_length(seen)),
				   "Create the table without them, and add each foreign key in a migration of its own.");
}

/* An index first, which the constraint takes over */
static void
rewrite_using_index(PgmLint *l, PgmFinding *f, const char *what, List *keys,
					const char *suffix, const char *conname)
{
	StringInfoData columns;
	char	   *name = conname ? unconstify(char *, conname) :
		makeObjectName(l->table->name, strcmp(suffix, "pkey") == 0 || keys == NIL ?
					   NULL : linitial(keys), suffix);
	ListCell   *lc;

	initStringInfo(&columns);
	foreach(lc, keys)
		appendStringInfo(&columns, "%s%s", columns.len ? ", " : "",
						 quote_identifier(lfirst(lc)));
	if (l->table->kind == RELKIND_PARTITIONED_TABLE)
		pgm_rewrite(f, "CREATE UNIQUE INDEX %s ON ONLY %s (%s);\n-- on each partition CREATE UNIQUE INDEX CONCURRENTLY and ALTER INDEX %s ATTACH PARTITION",
					quote_identifier(name), pgm_shadow_name(l->table),
					columns.data, quote_identifier(name));
	else
		pgm_rewrite(f, "CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s);\nALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s;",
					quote_identifier(name), pgm_shadow_name(l->table), columns.data,
					pgm_shadow_name(l->table), quote_identifier(name), what,
					quote_identifier(name));
}

static List *
strings_of(List *keys)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, keys)
		result = lappend(result, strVal(lfirst(lc)));
	return result;
}

/* A UNIQUE or PRIMARY KEY, of the table or of a new column */
static void
judge_unique(PgmLint *l, ConstrType type, const char *what, const char *suffix)
{
	const Constraint *c = added(l, type);
	const ColumnDef *def = NULL;
	const PgmEffect *e = pgm_worst_effect(l);
	PgmFinding *f;

	if (l->action->subtype == AT_AddColumn)
	{
		def = (const ColumnDef *) l->action->def;
		c = pgm_column_constraint(def, type);
	}
	if (c == NULL || clear_new(l))
		return;
	if (c->indexname)
	{
		if (e->work == PGM_WORK_NONE)
			(void) pgm_clear(l, l->table, "%s: %s USING INDEX reads nothing", e->why, what);
		return;
	}
	if (e->work == PGM_WORK_NONE)
		return;
	f = pgm_find_effect(l, e, "%s blocks all access to %s while its index is built",
						what, pgm_shadow_name(l->table));
	rewrite_using_index(l, f, what, def ? list_make1(def->colname) :
						strings_of(c->keys), suffix, c->conname);
	if (def)
		f->rewrite = psprintf("-- first add the column without %s, then:\n%s",
							  what, f->rewrite);
}

void
pgm_rule_unique(PgmLint *l)
{
	judge_unique(l, CONSTR_UNIQUE, "UNIQUE", "key");
}

void
pgm_rule_primary_key(PgmLint *l)
{
	judge_unique(l, CONSTR_PRIMARY, "PRIMARY KEY", "pkey");
}

/* The column of a new primary key that may hold nulls; or NULL. */
static const char *
nullable_key(PgmLint *l, const Constraint *c)
{
	List	   *columns = strings_of(c->keys);
	ListCell   *lc;

	if (c->indexname)
	{
		PgmIndex   *index = pgm_shadow_index(l->shadow,
											 makeRangeVar(NULL, c->indexname, -1));

		columns = index ? index->columns : NIL;
	}
	foreach(lc, columns)
	{
		const char *by;

		if (lfirst(lc) && !pgm_expression_null_excluded(l->table, lfirst(lc), &by))
			return lfirst(lc);
	}
	return NULL;
}

/* PRIMARY KEY makes its columns NOT NULL, and reads the table for it. */
void
pgm_rule_primary_key_nullable(PgmLint *l)
{
	const Constraint *c = added(l, CONSTR_PRIMARY);
	const PgmEffect *e = pgm_worst_effect(l);
	const char *column;
	char	   *check;

	if (c == NULL || l->table == NULL || e == NULL ||
		l->table->kind != RELKIND_RELATION)
		return;
	column = nullable_key(l, c);
	if (column == NULL)
		return;
	check = makeObjectName(l->table->name, column, "not_null");
	pgm_rewrite(pgm_find_effect(l, e, "column \"%s\" becomes NOT NULL: all access to %s is blocked until each row was looked at",
								column, pgm_shadow_name(l->table)),
				"ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID;\n-- in a later migration:\nALTER TABLE %s VALIDATE CONSTRAINT %s;\n-- then the primary key, then:\nALTER TABLE %s DROP CONSTRAINT %s;",
				pgm_shadow_name(l->table), quote_identifier(check),
				quote_identifier(column), pgm_shadow_name(l->table),
				quote_identifier(check), pgm_shadow_name(l->table),
				quote_identifier(check));
}

/* EXCLUDE has no form that does not block. */
void
pgm_rule_exclusion(PgmLint *l)
{
	const Constraint *c = added(l, CONSTR_EXCLUSION);
	const PgmEffect *e = pgm_worst_effect(l);

	if (c == NULL || clear_new(l) || e->work == PGM_WORK_NONE)
		return;
	pgm_advise(pgm_find_effect(l, e, "EXCLUDE blocks all access to %s while its index is built and each row is checked",
							   pgm_shadow_name(l->table)),
			   "There is no other way for a table that is in use: fill a new table that has the constraint, and swap the two.");
}

/*
 * VALIDATE in the transaction that added the constraint reads the table under
 * the lock of ADD.
 */
void
pgm_rule_validate(PgmLint *l)
{
	const PgmEffect *e = pgm_worst_effect(l);
	int			made_in = 0;
	PgmFinding *f;
	ListCell   *lc;

	if (l->table == NULL || e == NULL || e->work == PGM_WORK_NONE)
		return;
	foreach(lc, l->table->checks)
		if (strcmp(((PgmCheck *) lfirst(lc))->name, l->action->name) == 0)
		made_in = ((PgmCheck *) lfirst(lc))->made_in;
	foreach(lc, l->table->keys)
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, l->action->name) == 0)
		made_in = ((PgmForeignKey *) lfirst(lc))->made_in;
	if (made_in > 0 && made_in != l->shadow->transaction && l->one_transaction)
	{
		f = pgm_find_effect(l, e, "SELECT migrate.upgrade() would add the constraint and VALIDATE it in one transaction, reading %s while it is locked",
							pgm_shadow_name(l->table));
		f->severity = Min(f->severity, PGM_SEVERITY_WARNING);
		pgm_rewrite(f, "CALL migrate.deploy(); -- which commits each migration");
		return;
	}
	if (made_in != l->shadow->transaction)
	{
		(void) pgm_clear(l, l->table, "VALIDATE lets others read and write while it checks each row");
		return;
	}
	pgm_advise(pgm_find_effect(l, e, "VALIDATE reads %s in the transaction that added the constraint, whose lock is held until the end",
							   pgm_shadow_name(l->table)),
			   "Put ALTER TABLE %s VALIDATE CONSTRAINT %s into a later migration.",
			   pgm_shadow_name(l->table), quote_identifier(l->action->name));
}

/* Do the first columns of a valid index be these, in any order? */
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
				if (lfirst(lc) && strcmp(lfirst(lc), lfirst(lw)) == 0)
				found++;
		}
		if (found == list_length(columns))
			return true;
	}
	return false;
}

/* The primary key columns of a table (char *) */
static List *
primary_key(const PgmTable *t)
{
	ListCell   *lc;

	foreach(lc, t->indexes)
		if (((PgmIndex *) lfirst(lc))->primary)
		return ((PgmIndex *) lfirst(lc))->columns;
	return NIL;
}

/* A foreign key whose columns are of another type than those they refer to */
static void
compare_types(PgmLint *l, const PgmTable *t, List *columns, const Constraint *c,
			  const PgmTypeRef *given)
{
	const PgmTable *other = pgm_shadow_table(l->shadow, c->pktable);
	List	   *keys = c->pk_attrs ? strings_of(c->pk_attrs) :
		other ? primary_key(other) : NIL;
	ListCell   *la;
	ListCell   *lb;

	if (other == NULL)
		return;
	forboth(la, columns, lb, keys)
	{
		const PgmColumn *a = pgm_shadow_column(t, lfirst(la), NULL);
		const PgmColumn *b = lfirst(lb) ? pgm_shadow_column(other, lfirst(lb), NULL) : NULL;
		const PgmTypeRef *type = given ? given : a ? &a->type : NULL;

		if (type && b && OidIsValid(type->oid) && OidIsValid(b->type.oid) &&
			type->oid != b->type.oid)
			(void) pgm_find(l, t, "column \"%s\" is %s, and \"%s\", which it refers to, is %s",
							(char *) lfirst(la), type->name, b->name, b->type.name);
	}
}

/* One foreign key that is added */
static void
advise_key(PgmLint *l, const PgmTable *t, const Constraint *c, List *columns,
		   const PgmTypeRef *given, bool is_key)
{
	const PgmTable *other = pgm_shadow_table(l->shadow, c->pktable);

	if (t && other)
		compare_types(l, t, columns, c, given);
	if (t && pgm_table_matters(t) && other && !is_key && !has_index_on(t, columns))
	{
		PgmFinding *f = pgm_find(l, t, "no index of %s begins with the columns of the foreign key: each DELETE of a row of %s reads all of it",
								 pgm_shadow_name(t), pgm_shadow_name(other));
		StringInfoData names;
		ListCell   *lc;

		initStringInfo(&names);
		foreach(lc, columns)
			appendStringInfo(&names, "%s%s", names.len ? ", " : "",
							 quote_identifier(lfirst(lc)));
		pgm_rewrite(f, "CREATE INDEX CONCURRENTLY %s ON %s (%s);",
					quote_identifier(makeObjectName(t->name, linitial(columns), "idx")),
					pgm_shadow_name(t), names.data);
	}
}

/* Foreign keys without an index, or between different types */
void
pgm_rule_foreign_key_advice(PgmLint *l)
{
	const Constraint *c;
	PgmTypeRef	type;

	if (IsA(l->node, CreateStmt) || l->table == NULL)
		return;
	if (l->action->subtype == AT_AddConstraint)
	{
		c = added(l, CONSTR_FOREIGN);
		if (c && c->fk_attrs)
			advise_key(l, l->table, c, strings_of(c->fk_attrs), NULL, false);
	}
	else
	{
		const ColumnDef *def = (const ColumnDef *) l->action->def;

		c = pgm_column_constraint(def, CONSTR_FOREIGN);
		if (c == NULL)
			return;
		type = pgm_shadow_type(l->shadow, def->typeName);
		advise_key(l, l->table, c, list_make1(def->colname), &type,
				   pgm_column_constraint(def, CONSTR_UNIQUE) ||
				   pgm_column_constraint(def, CONSTR_PRIMARY));
	}
}

/* A domain's constraint is checked for every column of the domain. */
void
pgm_rule_domain_constraint(PgmLint *l)
{
	const AlterDomainStmt *stmt = (const AlterDomainStmt *) l->node;
	const PgmEffect *e = pgm_worst_effect(l);
	PgmFinding *f;
	uint64		bytes;
	int			tables;

	if (e == NULL || e->mode < ShareLock)
	{
		if (stmt->subtype == 'C' && ((const Constraint *) stmt->def)->skip_validation)
			(void) pgm_clear(l, NULL, "NOT VALID: the values that are there are not looked at");
		return;
	}
	pgm_sum_effects(l, &bytes, &tables);
	f = pgm_find_effect(l, e, "writes to %s%s are blocked until every value of the domain was checked",
						pgm_shadow_name(e->table), tables > 1 ?
						psprintf(" and %d more", tables - 1) : "");
	f->bytes = bytes;
	pgm_evidence_number(f, "tables", tables);
	if (stmt->subtype == 'C')
		pgm_rewrite(f, "%s NOT VALID;\n-- in a later migration:\nALTER DOMAIN %s VALIDATE CONSTRAINT %s;",
					pgm_source(l), NameListToQuotedString(stmt->typeName),
					((const Constraint *) stmt->def)->conname ?
					quote_identifier(((const Constraint *) stmt->def)->conname) : "...");
}
