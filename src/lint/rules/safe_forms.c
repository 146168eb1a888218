/*
 * safe_forms.c
 *	  Safe forms of constraints and indexes, which lint proposes.
 *
 * A safe form is the text of several migrations.  Its statements are made by
 * src/recipes; here they are distributed over the migrations, and new objects get
 * names that neither the database nor the plan has.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/rules/safe_forms.h"
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

/* Add text to a migration. */
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
 * Add the steps of a recipe from the phase "first" to the phase "last" to the migrations
 * for these phases.
 */
void
pgm_safe_add_recipe(PgmSafe *s, const List *steps, PgmRecipePhase first, PgmRecipePhase last)
{
	ListCell   *lc;

	foreach(lc, steps)
	{
		const PgmRecipeStep *step = lfirst(lc);
		PgmSafeStep to = PGM_SAFE_END;

		if (step->phase < first || step->phase > last)
			continue;

		/*
		 * UPDATE enforces a constraint although it is NOT VALID.  So it comes
		 * after a backfill, whose batches would fail at rows that have no
		 * value yet.
		 */
		if (step->phase == PGM_RECIPE_ADD)
			to = s->filled ? PGM_SAFE_FILL : PGM_SAFE_BEGIN;
		else if (step->phase == PGM_RECIPE_READ)
			to = PGM_SAFE_PROVE;
		pgm_safe_add(s, to, "%s;\n", step->sql);
	}
}

/* Add all steps of a recipe. */
static void
add_whole_recipe(PgmSafe *s, const List *steps)
{
	pgm_safe_add_recipe(s, steps, PGM_RECIPE_ADD, PGM_RECIPE_CLEAN);
}

/* Append the statements of a recipe, all in one migration. */
static void
append_recipe(StringInfo out, const List *steps)
{
	ListCell   *lc;

	foreach(lc, steps)
	{
		appendStringInfo(out, "%s;\n", ((PgmRecipeStep *) lfirst(lc))->sql);
	}
}

/* Return "ALTER TABLE" and the name of the table, with which recipes begin statements. */
char *
pgm_safe_alter_table(const PgmTable *t)
{
	return psprintf("ALTER TABLE %s", pgm_table_name(t));
}

/* Return the statements, with a comment where another migration begins. */
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

/* Is the name among those proposed in the table's schema by others than "except"? */
static bool
is_proposed(const List *names, const PgmTable *t, const char *name, const void *except)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		const PgmProposed *p = lfirst(lc);

		if (p->proposer != except && strcmp(p->name, name) == 0 &&
			strcmp(p->schema, t->schema) == 0)
			return true;
	}
	return false;
}

/* Where a name must be free */
typedef struct PgmNamePlace
{
	PgmShadow  *shadow;
	const PgmTable *table;
} PgmNamePlace;

/*
 * Is the name taken by a relation in the schema or a constraint of the table, or
 * proposed by the safe form of another action, or by the present safe form?  Other safe
 * forms of the same action may use the same name, because only one of them is executed.
 */
static bool
name_is_taken(const char *name, void *arg)
{
	const PgmNamePlace *place = arg;
	PgmShadow  *s = place->shadow;
	const PgmTable *t = place->table;
	RangeVar   *rel = makeRangeVar(t->schema, pstrdup(name), -1);

	return pgm_shadow_table(s, rel) || pgm_shadow_index(s, rel) ||
		pgm_table_has_constraint(t, name) ||
		is_proposed(s->proposed, t, name, s->proposer) ||
		is_proposed(s->proposing, t, name, NULL);
}

/* End the present safe form.  Names are from now on proposed for "proposer". */
void
pgm_safe_names_switch(PgmShadow *s, const void *proposer)
{
	s->proposed = list_concat(s->proposed, s->proposing);
	s->proposing = NIL;
	s->proposer = proposer;
}

/* Return a name that the server would choose and that is free, and reserve it. */
char *
pgm_safe_name(PgmShadow *s, const PgmTable *t, const char *middle,
			  const char *suffix)
{
	PgmNamePlace place = {s, t};
	char	   *name = pgm_recipe_name(t->name, middle, suffix, name_is_taken, &place);
	PgmProposed *p = palloc(sizeof(PgmProposed));

	*p = (PgmProposed)
	{
		s->proposer, t->schema, name
	};
	s->proposing = lappend(s->proposing, p);
	return name;
}

/* Return column names (char *), quoted where necessary, with commas between them. */
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
	add_whole_recipe(s, pgm_recipe_validate_later(pgm_safe_alter_table(s->table),
												  quote_identifier(name), definition));
}

/* Make a column NOT NULL without reading the table under ACCESS EXCLUSIVE. */
void
pgm_safe_not_null(PgmSafe *s, const char *column)
{
	const char *name = pgm_safe_name(s->shadow, s->table, column, "not_null");

	add_whole_recipe(s, pgm_recipe_not_null(pgm_safe_alter_table(s->table),
											quote_identifier(name), quote_identifier(column),
											PGM_NOT_NULL_NOT_VALID));
}

/*
 * Return the options of a key's index as they are written after its columns.  In CREATE
 * INDEX "tablespace" is " TABLESPACE", and NULLS NOT DISTINCT is among these options; in a
 * constraint it is " USING INDEX TABLESPACE".
 */
static char *
index_options(const Constraint *c, bool nulls_not_distinct, const char *tablespace)
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
	if (nulls_not_distinct)
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
		appendStringInfo(&out, "%s %s", tablespace, quote_identifier(c->indexspace));
	return out.data;
}

/*
 * Append a key of a partitioned table ONLY.  It builds no index, and becomes valid when an
 * index of each partition has been attached.
 */
static void
append_key_only(StringInfo out, const PgmTable *t, const char *name, const PgmKey *key)
{
	const Constraint *c = key->constraint;

	appendStringInfo(out, "ALTER TABLE ONLY %s ADD CONSTRAINT %s %s%s (%s)%s%s;\n",
					 pgm_table_name(t), quote_identifier(name),
					 c->contype == CONSTR_PRIMARY ? "PRIMARY KEY" : "UNIQUE",
					 c->nulls_not_distinct ? " NULLS NOT DISTINCT" : "",
					 pgm_safe_columns(key->columns),
					 index_options(c, false, " USING INDEX TABLESPACE"),
					 key->attributes);
}

/* Return the steps of a key that takes over an index of its name, built CONCURRENTLY. */
static List *
key_steps(const PgmTable *t, const char *name, const PgmKey *key)
{
	const Constraint *c = key->constraint;
	PgmRecipeKey recipe = {
		.alter = pgm_safe_alter_table(t),
		.table = pgm_table_name(t),
		.name = quote_identifier(name),
		.index = quote_identifier(name),
		.primary = c->contype == CONSTR_PRIMARY,
		.columns = psprintf("(%s)%s", pgm_safe_columns(key->columns),
							index_options(c, c->nulls_not_distinct, " TABLESPACE")),
		.attributes = key->attributes,
		.concurrently = true
	};

	return pgm_recipe_key(&recipe);
}

/* An index, or a key if "key" is not NULL, that partitions get one by one */
typedef struct PgmPartitionedIndex
{
	const PgmKey *key;
	bool		unique;
	const char *definition;		/* of an index, after the name of the table */
} PgmPartitionedIndex;

/* Return the steps of an index of one table, or ONLY of a partitioned one. */
static List *
index_steps(const PgmTable *t, const char *name, const PgmPartitionedIndex *index, bool only)
{
	PgmRecipeIndex recipe = {
		.name = quote_identifier(name),
		.on = psprintf("%s%s %s", only ? "ONLY " : "", pgm_table_name(t), index->definition),
		.unique = index->unique,
		.concurrently = !only
	};

	return pgm_recipe_index(&recipe);
}

/* Return a free name for the index of a partition, in place of the parent's in "name". */
static char *
name_in_partition(PgmShadow *s, const PgmTable *parent, const PgmTable *child,
				  const char *name)
{
	int			length = strlen(parent->name);

	if (strncmp(name, parent->name, length) == 0 && name[length] == '_')
		name += length + 1;
	return pgm_safe_name(s, child, NULL, name);
}

/*
 * Append the index or key of a partitioned table: ONLY of that table first, then an index
 * of each partition, built CONCURRENTLY and attached to that of its parent.
 *
 * diff has no such function: there each index of a partition is an object with a
 * definition and a name of its own, which the plan creates and attaches.
 */
static void
append_partitioned_index(PgmShadow *s, StringInfo out, PgmTable *parent, const char *name,
						 const PgmPartitionedIndex *index)
{
	ListCell   *lc;

	if (index->key)
		append_key_only(out, parent, name, index->key);
	else
		append_recipe(out, index_steps(parent, name, index, true));
	foreach(lc, pgm_shadow_children(s, parent))
	{
		PgmTable   *child = lfirst(lc);
		char	   *part = name_in_partition(s, parent, child, name);

		if (child->dropped)
			continue;
		if (child->kind == RELKIND_PARTITIONED_TABLE)
			append_partitioned_index(s, out, child, part, index);
		else
			append_recipe(out, index->key ? key_steps(child, part, index->key) :
						  index_steps(child, part, index, false));
		append_recipe(out, pgm_recipe_attach_index(quote_qualified_identifier(parent->schema, name),
												   quote_qualified_identifier(child->schema, part)));
	}
}

/* Add a UNIQUE or PRIMARY KEY that takes over an index built before. */
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
		PgmPartitionedIndex index = {.key = key};

		append_partitioned_index(s->shadow, &s->steps[alone ? PGM_SAFE_BEGIN : PGM_SAFE_END],
								 s->table, name, &index);
	}
	else if (alone)

		/*
		 * One migration is enough, because a script is cut into segments
		 * around statements that are executed CONCURRENTLY.
		 */
		append_recipe(&s->steps[PGM_SAFE_BEGIN], key_steps(s->table, name, key));
	else
		add_whole_recipe(s, key_steps(s->table, name, key));
}

/*
 * Return the statements that build an index while others write.  "definition" follows the
 * name of the table, such as "(column)".
 */
char *
pgm_safe_index(PgmShadow *s, PgmTable *t, const char *name, const char *definition,
			   bool unique)
{
	PgmPartitionedIndex index = {.unique = unique,.definition = definition};
	StringInfoData out;

	initStringInfo(&out);
	if (t->kind == RELKIND_PARTITIONED_TABLE)
		append_partitioned_index(s, &out, t, name, &index);
	else
		append_recipe(&out, index_steps(t, name, &index, false));
	return out.data;
}
