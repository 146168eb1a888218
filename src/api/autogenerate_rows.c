/*
 * autogenerate_rows.c
 *	  diff(), check(), and the model of revision().
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "api/revision_files.h"
#include "diff/autogenerate.h"
#include "errors.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/table_facts.h"
#include "util/revision_names.h"
#include "util/settings.h"
#include "util/srf.h"
#include "util/text_hash.h"

/* How many differences an error tells */
#define MOST_TOLD 20

static Jsonb *
jsonb_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : PG_GETARG_JSONB_P(i);
}

static void
begin(PgmAutogenerate *a, FunctionCallInfo fcinfo, const char *function,
	  int model, int schemas)
{
	memset(a, 0, sizeof(PgmAutogenerate));
	pgm_settings_define();
	a->function = function;
	a->model = PG_ARGISNULL(model) ? NULL :
		pgm_model_read(text_to_cstring(PG_GETARG_TEXT_PP(model)));
	a->all = PG_ARGISNULL(schemas);
	if (!a->all)
		a->scope.schemas = pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(schemas));
	pgm_autogenerate_options(&a->options, NULL);
}

static void
require_model(const PgmAutogenerate *a)
{
	if (a->model == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the model of %s may not be null", a->function),
				 errhint("A model is the DDL that makes the schema one wants, for example what pg_dump --schema-only writes.")));
}

/* What is told of an object in one row */
typedef struct PgmRow
{
	const PgmDiffItem *atom;	/* NULL: of an object that nothing is done
								 * with */
	const PgmDiffItem *whole;	/* that of the object */
	const PgmObject *object;
	List	   *differences;	/* PgmDifference */
	List	   *up;				/* PgmDiffStatement */
	List	   *down;
} PgmRow;

typedef struct PgmRowEntry
{
	const char *key;			/* kind and identity; must be first */
	PgmRow	   *row;
} PgmRowEntry;

/* The rows so far */
typedef struct PgmChangeRows
{
	HTAB	   *by_object;
	List	   *rows;
} PgmChangeRows;

/* The row of an object; with "make" false NULL, if it has none so far */
static PgmRow *
row_of(PgmChangeRows *c, const PgmObject *o, bool make)
{
	const char *key = psprintf("%s %s", pgm_kind_name(o->kind->id), o->identity);
	PgmRowEntry *entry = pgm_texthash_find(c->by_object, key);
	bool		found;

	if (entry == NULL && !make)
		return NULL;
	if (entry == NULL)
	{
		entry = pgm_texthash_enter(c->by_object, key, &found);
		entry->row = palloc0(sizeof(PgmRow));
		entry->row->object = o;
		c->rows = lappend(c->rows, entry->row);
	}
	return entry->row;
}

static void
add_actions(PgmChangeRows *c, const PgmDiffPlan *p, bool up)
{
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		const PgmAction *action = lfirst(lc);
		PgmRow	   *row;

		if (action->statements == NIL)
			continue;
		row = row_of(c, pgm_item_object(action->item), true);
		if (up)
		{
			row->atom = action->item;
			row->whole = pgm_plan_find_item(p, row->object);
			row->up = list_concat(row->up, action->statements);
		}
		else
			row->down = list_concat(row->down, action->statements);
	}
}

/*
 * Is the difference told with the object that it is a part of?  Not where there
 * are statements for it alone, if only for the way back.
 */
static bool
is_told_with_whole(PgmChangeRows *c, const PgmDiffPlan *p, const PgmDifference *d)
{
	const PgmDiffItem *a = pgm_plan_find_item(p, d->object);

	return a && row_of(c, d->object, false) == NULL && ((d->what == PGM_CREATED && a->created_with_parent) ||
														(d->what == PGM_DROPPED && a->dropped_with_parent));
}

/* Is it none of the schema's, or follows from what is told of other objects? */
static bool
is_consequence(const PgmAutogenerate *a, const PgmDifference *d)
{
	return pgm_difference_is_untold(d) ||
		(d->what == PGM_CHANGED && d->property == PGM_PROP_INHERITED) ||
		pgm_difference_is_of_parents(a->before, a->after, d);
}

static void
add_differences(PgmChangeRows *c, const PgmAutogenerate *a)
{
	ListCell   *lc;

	foreach(lc, pgm_snapshot_compare(a->before->snapshot, a->after->snapshot))
	{
		PgmDifference *d = lfirst(lc);
		PgmRow	   *row;

		if (is_told_with_whole(c, a->up, d) || is_consequence(a, d))
			continue;
		row = row_of(c, d->object, true);
		row->differences = lappend(row->differences, d);
	}
}

static const char *
change_of(const PgmRow *row)
{
	static const char *const words[] = {
		[PGM_DECISION_NONE] = "note",
		[PGM_DECISION_CREATE] = "created",
		[PGM_DECISION_DROP] = "dropped",
		[PGM_DECISION_ALTER] = "changed",
		[PGM_DECISION_REPLACE] = "replaced"
	};

	if (row->differences == NIL)
		return "rebuilt";
	if (row->up == NIL)
		return ((PgmDifference *) linitial(row->differences))->what == PGM_DROPPED ? "dropped" : "note";
	if (row->atom->sub_property && row->whole->decision == PGM_DECISION_NONE)
		return words[PGM_DECISION_ALTER];
	return words[row->atom->sub_property ? row->whole->decision : row->atom->decision];
}

static char *
detail_of(const PgmRow *row)
{
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, row->differences)
	{
		appendStringInfo(&out, "%s%s", out.len > 0 ? "\n" : "", pgm_difference_describe(lfirst(lc)));
	}
	if (out.len == 0)
		appendStringInfo(&out, "%s %s depends on what changes", pgm_kind_name(row->object->kind->id),
						 row->object->identity);
	return out.data;
}

/* What is lost, or to be known, when the statements run; or NULL */
static char *
hazard_of(const PgmRow *row)
{
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, row->up)
	{
		const PgmDiffStatement *sql = lfirst(lc);

		if (sql->loses)
			appendStringInfo(&out, "%sloses %s", out.len > 0 ? "; " : "", sql->loses);
		if (sql->hazard)
			appendStringInfo(&out, "%s%s", out.len > 0 ? "; " : "", sql->hazard);
		if (sql->question)
			appendStringInfo(&out, "%s%s", out.len > 0 ? "; " : "", sql->question);
	}
	return out.len > 0 ? out.data : NULL;
}

/* The relation that the object is, or is a part of, as it is */
static const PgmRows *
rows_of(const PgmAutogenerate *a, const PgmObject *o)
{
	const PgmObject *relation = pgm_relation_of(pgm_plan_find_item(a->up, o)->new.object == o ?
												a->after : a->before, o);

	return pgm_schema_rows(a->before, relation);
}

static void
return_change(FunctionCallInfo fcinfo, const PgmAutogenerate *a, const PgmRow *row)
{
	Datum		values[8] = {0};
	bool		isnull[8] = {false};
	char	   *hazard = hazard_of(row);
	const PgmRows *rows = rows_of(a, row->object);

	values[0] = CStringGetTextDatum(pgm_kind_name(row->object->kind->id));
	values[1] = CStringGetTextDatum(row->object->identity);
	values[2] = CStringGetTextDatum(change_of(row));
	values[3] = CStringGetTextDatum(pgm_escape(detail_of(row)));
	isnull[4] = hazard == NULL;
	if (hazard)
		values[4] = CStringGetTextDatum(pgm_escape(hazard));
	isnull[5] = rows == NULL || !rows->known;
	if (!isnull[5])
		values[5] = Int64GetDatum(rows->bytes);
	isnull[6] = row->up == NIL;
	if (row->up)
		values[6] = CStringGetTextDatum(pgm_generate_statements(row->up, a->options.allow_drop));
	isnull[7] = row->down == NIL;
	if (row->down)
		values[7] = CStringGetTextDatum(pgm_generate_statements(row->down, true));
	pgm_rows_add(fcinfo, values, isnull);
}

/* What is told of a rename, or of what goes with one */
static char *
detail_of_rename(const PgmRename *r)
{
	if (r->old_identity[0] == '\0')
		return psprintf("%s %s is new", r->kind, r->identity);
	if (r->moved_from)
		return psprintf("%s %s was in schema %s", r->kind, r->identity, r->moved_from);
	return psprintf("%s %s was %s%s%s", r->kind, r->identity, r->old_identity,
					r->evidence ? ": " : "", r->evidence ? r->evidence : "");
}

static void
return_rename(FunctionCallInfo fcinfo, const PgmRename *r)
{
	Datum		values[8] = {0};
	bool		isnull[8] = {false, false, false, false, true, true, false, false};

	values[0] = CStringGetTextDatum(r->kind);
	values[1] = CStringGetTextDatum(r->identity);
	values[2] = CStringGetTextDatum(r->old_identity[0] == '\0' ? "created" :
									r->moved_from ? "changed" : "renamed");
	values[3] = CStringGetTextDatum(pgm_escape(detail_of_rename(r)));
	values[6] = CStringGetTextDatum(psprintf("%s;", r->up));
	values[7] = CStringGetTextDatum(psprintf("%s;", r->down));
	pgm_rows_add(fcinfo, values, isnull);
}

static List *
change_rows(const PgmAutogenerate *a)
{
	PgmChangeRows c = {
		.by_object = pgm_texthash_make("changes", sizeof(PgmRowEntry))
	};

	add_actions(&c, a->up, true);
	add_actions(&c, a->down, false);
	add_differences(&c, a);
	return c.rows;
}

PG_FUNCTION_INFO_V1(pg_migrate_diff);
PG_FUNCTION_INFO_V1(pg_migrate_check_model);
PG_FUNCTION_INFO_V1(pg_migrate_revision);

/*
 * diff(model text, schemas text[] default null, renames jsonb default null,
 * allow_drop boolean default false, options jsonb default '{}') returns rows:
 * kind, identity, change, detail, hazard, size in bytes, up_sql, down_sql.
 *
 * Raises what pgm_autogenerate() raises.
 */
Datum
pg_migrate_diff(PG_FUNCTION_ARGS)
{
	PgmAutogenerate a;
	ListCell   *lc;

	begin(&a, fcinfo, "migrate.diff()", 0, 1);
	require_model(&a);
	a.renames = jsonb_argument(fcinfo, 2);
	pgm_autogenerate_options(&a.options, jsonb_argument(fcinfo, 4));
	a.options.allow_drop = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	pgm_autogenerate(&a);
	pgm_rows_begin(fcinfo);
	foreach(lc, a.renamed)
	{
		return_rename(fcinfo, lfirst(lc));
	}
	foreach(lc, change_rows(&a))
	{
		const PgmRow *row = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (!row->object->outside || row->up)
			return_change(fcinfo, &a, row);
	}
	return (Datum) 0;
}

/* The changes as the DETAIL of an error, or NULL: there are none */
static char *
tell_changes(const PgmAutogenerate *a)
{
	StringInfoData out;
	int			n = 0;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, a->renamed)
	{
		n++;
		appendStringInfo(&out, "%s%s", out.len > 0 ? "\n" : "", detail_of_rename(lfirst(lc)));
	}
	foreach(lc, change_rows(a))
	{
		const PgmRow *row = lfirst(lc);

		if (row->up == NIL || ++n > MOST_TOLD)
			continue;
		appendStringInfo(&out, "%s%s", out.len > 0 ? "\n" : "", detail_of(row));
	}
	if (n > MOST_TOLD)
		appendStringInfo(&out, "\nand %d more", n - MOST_TOLD);
	return n > 0 ? out.data : NULL;
}

/*
 * check(model text, schemas text[] default null) returns true.  Raises MG023
 * with the changes in its DETAIL when the schema is not as the model has it,
 * MG024 when migrations are pending.
 */
Datum
pg_migrate_check_model(PG_FUNCTION_ARGS)
{
	PgmAutogenerate a;
	char	   *changes;

	pgm_autogenerate_check_heads();
	begin(&a, fcinfo, "migrate.check()", 0, 1);
	require_model(&a);
	pgm_autogenerate(&a);
	changes = tell_changes(&a);
	if (changes)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_NOT_AS_MODELLED),
				 errmsg("New upgrade operations detected: the schema is not as the model has it"),
				 errdetail("%s", changes),
				 errhint("SELECT * FROM migrate.diff(...) lists them with their statements, SELECT content FROM migrate.revision('...', model => ...) makes a migration of them.")));
	PG_RETURN_BOOL(true);
}

/* Fill in the scripts of a migration. */
static void
autogenerate(FunctionCallInfo fcinfo, PgmMigration *m, bool baseline)
{
	PgmAutogenerate a;

	begin(&a, fcinfo, "migrate.revision()", 6, 7);
	if (baseline && a.model)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a baseline has no model"),
				 errdetail("It is the schema as it is."),
				 errhint("Leave out \"model\" or \"baseline\".")));
	a.renames = jsonb_argument(fcinfo, 8);
	a.options.allow_drop = !PG_ARGISNULL(9) && PG_GETARG_BOOL(9);
	pgm_autogenerate_options(&a.options, jsonb_argument(fcinfo, 12));
	pgm_autogenerate(&a);
	if (PG_ARGISNULL(10) || PG_GETARG_BOOL(10))
		pgm_autogenerate_prove(&a);
	m->upgrade = pgm_generate_script(&a, true);
	m->downgrade = pgm_generate_script(&a, false);
	if (m->upgrade[0] == '\0')
		ereport(NOTICE,
				(errmsg("the schema is as the model has it: the migration is empty")));
}

/*
 * revision(message, head default 'head', splice, rev_id, branch_label,
 * depends_on, model, schemas, renames, allow_drop, verify, baseline, options)
 * returns a row (revision, file_name, content); changes nothing.
 *
 * Raises MG024 when there is a model and migrations are pending, and what
 * pgm_autogenerate() raises.
 */
Datum
pg_migrate_revision(PG_FUNCTION_ARGS)
{
	PgmMigration *m = pgm_revision_new(fcinfo);
	bool		baseline = !PG_ARGISNULL(11) && PG_GETARG_BOOL(11);

	if (!PG_ARGISNULL(6) || baseline)
	{
		if (!baseline)
			pgm_autogenerate_check_heads();
		autogenerate(fcinfo, m, baseline);
	}
	return pgm_revision_return(fcinfo, m);
}
