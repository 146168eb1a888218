/*
 * safe_forms.c
 *	  Constraints in steps that block nobody for long.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/rules/safe_forms.h"
#include "recipes/recipes.h"
#include "schema/index_name.h"

/* Begin a safe form for the statement or action of the view. */
void
pgm_safe_begin(PgmSafe *s, const PgmStatementView *v)
{
	pgm_safe_names_switch(v->shadow, v->shadow->proposer);
	s->shadow = v->shadow;
	s->table = v->table;
	s->filled = false;
	for (int i = 0; i < PGM_SAFE_STEPS; i++)
		initStringInfo(&s->steps[i]);
}

/* Add statements to a step. */
void
pgm_safe_add(PgmSafe *s, PgmSafeStep step, const char *fmt,...)
{
	StringInfo	to = &s->steps[step];

	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(to, fmt, args);
		va_end(args);
		if (needed == 0)
			return;
		enlargeStringInfo(to, needed);
	}
}

/*
 * Add the steps of a recipe.  NOT VALID is enforced on UPDATE too, so where a backfill
 * fills a new column (s->filled) the constraint comes after it: a batch would fail on rows
 * without a value.
 */
static void
add_recipe(PgmSafe *s, const List *steps)
{
	ListCell   *lc;

	foreach(lc, steps)
	{
		const PgmRecipeStep *step = lfirst(lc);
		PgmSafeStep to = step->phase == PGM_RECIPE_READ ? PGM_SAFE_PROVE :
			step->phase != PGM_RECIPE_ADD ? PGM_SAFE_END :
			s->filled ? PGM_SAFE_FILL : PGM_SAFE_BEGIN;

		pgm_safe_add(s, to, "%s;\n", step->sql);
	}
}

/* Append the statements of a recipe that need no migrations of their own. */
static void
append_recipe(StringInfo out, const List *steps)
{
	ListCell   *lc;

	foreach(lc, steps)
	{
		appendStringInfo(out, "%s;\n", ((PgmRecipeStep *) lfirst(lc))->sql);
	}
}

/* "ALTER TABLE" and the name of the table */
static char *
alter_table(const PgmTable *t)
{
	return psprintf("ALTER TABLE %s", pgm_table_name(t));
}

/* The statements, and where a migration of its own begins. */
char *
pgm_safe_text(const PgmSafe *s)
{
	StringInfoData out;
	int			migrations = 0;

	initStringInfo(&out);
	for (int i = 0; i < PGM_SAFE_STEPS; i++)
	{
		if (s->steps[i].len == 0)
			continue;
		if (migrations > 0)
			appendStringInfo(&out, "-- in %s:\n",
							 migrations == 1 ? "a later migration" : "one after that");
		appendStringInfoString(&out, s->steps[i].data);
		migrations++;
	}
	return out.data;
}

/* Is the name among those that were made up in the schema? */
static bool
is_among(const List *names, const PgmTable *t, const char *name, const void *but)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		const PgmProposed *p = lfirst(lc);

		if (p->proposer != but && strcmp(p->name, name) == 0 &&
			strcmp(p->schema, t->schema) == 0)
			return true;
	}
	return false;
}

/* Where a name is to be free */
typedef struct NamePlace
{
	PgmShadow  *shadow;
	const PgmTable *table;
} NamePlace;

/*
 * Is the name of a relation, or of a constraint of the table, taken, or made up
 * by another safe form, or by this one?  Those of one action may be the same.
 */
static bool
is_taken(const char *name, void *arg)
{
	const NamePlace *place = arg;
	PgmShadow  *s = place->shadow;
	const PgmTable *t = place->table;
	RangeVar   *rel = makeRangeVar(t->schema, pstrdup(name), -1);

	return pgm_shadow_table(s, rel) || pgm_shadow_index(s, rel) ||
		pgm_table_has_constraint(t, name) ||
		is_among(s->proposed, t, name, s->proposer) ||
		is_among(s->proposing, t, name, NULL);
}

/* No more names are made up for the safe form that was. */
void
pgm_safe_names_switch(PgmShadow *s, const void *proposer)
{
	s->proposed = list_concat(s->proposed, s->proposing);
	s->proposing = NIL;
	s->proposer = proposer;
}

/* A name as the server would make it up, that is not taken. */
char *
pgm_safe_name(PgmShadow *s, const PgmTable *t, const char *middle,
			  const char *suffix)
{
	NamePlace	place = {s, t};
	char	   *name = pgm_recipe_name(t->name, middle, suffix, is_taken, &place);
	PgmProposed *p = palloc(sizeof(PgmProposed));

	*p = (PgmProposed)
	{
		s->proposer, t->schema, name
	};
	s->proposing = lappend(s->proposing, p);
	return name;
}

/* Names with commas between them, as they are typed */
char *
pgm_safe_columns(const List *columns)
{
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, columns)
	{
		appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "",
						 quote_identifier(lfirst(lc)));
	}
	return out.data;
}

/* Add a constraint without reading the table, and validate it in a later migration. */
void
pgm_safe_valid_later(PgmSafe *s, const char *name, const char *definition)
{
	add_recipe(s, pgm_recipe_validate_later(alter_table(s->table), quote_identifier(name),
											definition));
}

/* Add a CHECK to a table until a partition is attached.  Its DROP is appended to "drops". */
void
pgm_safe_temporary_check(PgmSafe *s, const PgmTable *t, const char *condition,
						 StringInfo drops)
{
	const char *name = quote_identifier(pgm_safe_name(s->shadow, t, "bound", "check"));
	List	   *steps = pgm_recipe_temporary_check(alter_table(t), name, condition);

	/*
	 * The caller writes ATTACH PARTITION between the last step and those
	 * before it.
	 */
	Assert(((PgmRecipeStep *) llast(steps))->phase == PGM_RECIPE_CLEAN);
	appendStringInfo(drops, "%s;\n", ((PgmRecipeStep *) llast(steps))->sql);
	add_recipe(s, list_delete_last(steps));
}

/* Make a column NOT NULL without reading the table under ACCESS EXCLUSIVE. */
void
pgm_safe_not_null(PgmSafe *s, const char *column)
{
	const char *name = pgm_safe_name(s->shadow, s->table, column, "not_null");

	add_recipe(s, pgm_recipe_not_null(alter_table(s->table), quote_identifier(name),
									  quote_identifier(column), PGM_NOT_NULL_NOT_VALID));
}

/* The SQL keywords of a key */
static const char *
key_words(const Constraint *c)
{
	return c->contype == CONSTR_PRIMARY ? "PRIMARY KEY" : "UNIQUE";
}

/* The options of a key's index, as they are written after its columns */
static char *
index_options(const Constraint *c)
{
	StringInfoData out;
	List	   *including = NIL;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, c->including)
	{
		including = lappend(including, strVal(lfirst(lc)));
	}
	if (including)
		appendStringInfo(&out, " INCLUDE (%s)", pgm_safe_columns(including));
	if (c->nulls_not_distinct)
		appendStringInfoString(&out, " NULLS NOT DISTINCT");
	foreach(lc, c->options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);

		appendStringInfo(&out, "%s%s = %s", foreach_current_index(lc) == 0 ? " WITH (" : ", ",
						 quote_identifier(option->defname), defGetString(option));
	}
	if (c->options)
		appendStringInfoChar(&out, ')');
	if (c->indexspace)
		appendStringInfo(&out, " TABLESPACE %s", quote_identifier(c->indexspace));
	return out.data;
}

/* A name for a partition's index that is to be part of one of its parent */
static char *
name_in_partition(PgmShadow *s, const PgmTable *parent, const PgmTable *child,
				  const char *name)
{
	int			length = strlen(parent->name);

	if (strncmp(name, parent->name, length) == 0 && name[length] == '_')
		name += length + 1;
	return pgm_safe_name(s, child, NULL, name);
}

/* Append ALTER INDEX ... ATTACH PARTITION. */
static void
append_attach_index(StringInfo out, const PgmTable *parent, const char *name,
					const PgmTable *child, const char *part)
{
	appendStringInfo(out, "%s;\n",
					 pgm_recipe_attach_index(quote_qualified_identifier(parent->schema, name),
											 quote_qualified_identifier(child->schema, part)));
}

/*
 * Append the key of a partitioned table ONLY: it builds no index, and becomes
 * valid when an index of each partition has been attached.
 */
static void
append_key_alone(StringInfo out, const PgmTable *t, const char *name,
				 const PgmKey *key)
{
	const Constraint *c = key->constraint;

	appendStringInfo(out, "ALTER TABLE ONLY %s ADD CONSTRAINT %s %s (%s)%s%s;\n",
					 pgm_table_name(t), quote_identifier(name), key_words(c),
					 pgm_safe_columns(key->columns), index_options(c),
					 key->attributes);
}

/* The steps of a key that takes over an index of its name, built CONCURRENTLY */
static List *
key_steps(const PgmTable *t, const char *name, const PgmKey *key)
{
	PgmRecipeKey recipe = {
		.alter = alter_table(t),
		.table = pgm_table_name(t),
		.name = quote_identifier(name),
		.index = quote_identifier(name),
		.primary = key->constraint->contype == CONSTR_PRIMARY,
		.columns = psprintf("(%s)%s", pgm_safe_columns(key->columns), index_options(key->constraint)),
		.attributes = key->attributes,
		.concurrently = true
	};

	return pgm_recipe_key(&recipe);
}

/* Append the key of each partition, attached to that of its parent. */
static void
append_partition_keys(PgmSafe *s, StringInfo out, PgmTable *parent,
					  const char *name, const PgmKey *key)
{
	ListCell   *lc;

	append_key_alone(out, parent, name, key);
	foreach(lc, pgm_shadow_children(s->shadow, parent))
	{
		PgmTable   *child = lfirst(lc);
		char	   *part = name_in_partition(s->shadow, parent, child, name);

		if (child->dropped)
			continue;
		if (child->kind == RELKIND_PARTITIONED_TABLE)
			append_partition_keys(s, out, child, part, key);
		else
			append_recipe(out, key_steps(child, part, key));
		append_attach_index(out, parent, name, child, part);
	}
}

/* A UNIQUE or PRIMARY KEY that takes over an index built before. */
void
pgm_safe_key(PgmSafe *s, const PgmKey *key)
{
	const Constraint *c = key->constraint;
	bool		alone = s->steps[PGM_SAFE_BEGIN].len == 0;
	char	   *name = c->conname ? c->conname :
		c->contype == CONSTR_PRIMARY ? pgm_safe_name(s->shadow, s->table, NULL, "pkey") :
		pgm_safe_name(s->shadow, s->table, pgm_index_name_of_columns(key->columns), "key");

	if (s->table->kind == RELKIND_PARTITIONED_TABLE)
	{
		append_partition_keys(s, &s->steps[alone ? PGM_SAFE_BEGIN : PGM_SAFE_END],
							  s->table, name, key);
		return;
	}

	/*
	 * A script of its own is cut into segments around CONCURRENTLY: one
	 * migration is enough.
	 */
	if (alone)
		append_recipe(&s->steps[PGM_SAFE_BEGIN], key_steps(s->table, name, key));
	else
		add_recipe(s, key_steps(s->table, name, key));
}

/* Append the index of each partition, attached to that of its parent. */
static void
append_partition_indexes(PgmShadow *s, StringInfo out, PgmTable *parent,
						 const char *name, const char *behind, bool unique)
{
	const char *create = unique ? "CREATE UNIQUE INDEX" : "CREATE INDEX";
	ListCell   *lc;

	appendStringInfo(out, "%s %s ON ONLY %s %s;\n", create, quote_identifier(name),
					 pgm_table_name(parent), behind);
	foreach(lc, pgm_shadow_children(s, parent))
	{
		PgmTable   *child = lfirst(lc);
		char	   *part = name_in_partition(s, parent, child, name);

		if (child->dropped)
			continue;
		if (child->kind == RELKIND_PARTITIONED_TABLE)
			append_partition_indexes(s, out, child, part, behind, unique);
		else
			appendStringInfo(out, "%s CONCURRENTLY %s ON %s %s;\n", create,
							 quote_identifier(part), pgm_table_name(child), behind);
		append_attach_index(out, parent, name, child, part);
	}
}

/*
 * The statements that build an index while others write.  "behind" is the
 * definition that follows the name of the table, such as "(column)".
 */
char *
pgm_safe_index(PgmShadow *s, PgmTable *t, const char *name, const char *behind,
			   bool unique)
{
	StringInfoData out;

	if (t->kind != RELKIND_PARTITIONED_TABLE)
		return psprintf("CREATE %sINDEX CONCURRENTLY %s ON %s %s;",
						unique ? "UNIQUE " : "", quote_identifier(name),
						pgm_table_name(t), behind);
	initStringInfo(&out);
	append_partition_indexes(s, &out, t, name, behind, unique);
	return out.data;
}
