/*
 * rules_deferred.c
 *	  The rule pending-events: a statement that alters a table whose changed rows
 *	  still wait for the check of a deferred constraint.  The server refuses it,
 *	  "because it has pending trigger events" (CheckTableNotInUse).
 *
 * Which rows wait is computed in two steps.  find_pending() goes through the
 * earlier statements of the same transaction of the same script, and collects
 * the deferred foreign keys and constraint triggers that their changes fire;
 * earlier scripts need not be read, because pg_migrate checks all constraints
 * between two migrations, as a commit does.  Then the rule looks whether the
 * statement must have one of those tables for itself.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"

#include "compat.h"
#include "lint/rules/rules.h"

/* The kinds of changes of rows, as bits of pg_trigger.tgtype */
#define ROW_EVENTS (TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE)

/* SET CONSTRAINTS of one name, in the script */
typedef struct PgmConstraintMode
{
	const char *name;
	bool		deferred;
} PgmConstraintMode;

/* A table with rows that wait for the check of a constraint */
typedef struct PgmPendingEvent
{
	PgmTable   *table;
	const char *constraint;
	const PgmStatement *statement;
} PgmPendingEvent;

/* The search through the earlier statements */
typedef struct PgmPendingSearch
{
	const PgmStatementView *v;
	const PgmStatement *statement;	/* that is being read */
	bool		all_set;		/* SET CONSTRAINTS ALL was executed */
	bool		all_deferred;
	List	   *modes;			/* PgmConstraintMode, set since then */
	List	   *pending;		/* PgmPendingEvent */
} PgmPendingSearch;

/* A query that changes rows of a table */
typedef struct PgmRowChange
{
	int			events;			/* of ROW_EVENTS */
	const RangeVar *relation;
	List	   *columns;		/* char *, that an UPDATE assigns */
} PgmRowChange;

/* Is a constraint deferred, after the SET CONSTRAINTS so far? */
static bool
is_deferred(const PgmPendingSearch *w, const char *name, bool deferrable,
			bool initially)
{
	bool		deferred = w->all_set ? w->all_deferred : initially;
	ListCell   *lc;

	foreach(lc, w->modes)
	{
		if (strcmp(((PgmConstraintMode *) lfirst(lc))->name, name) == 0)
			deferred = ((PgmConstraintMode *) lfirst(lc))->deferred;
	}
	return deferrable && deferred;
}

/* Note that rows of a table wait for a constraint. */
static void
add_pending(PgmPendingSearch *w, PgmTable *t, const char *constraint)
{
	PgmPendingEvent *event = palloc(sizeof(PgmPendingEvent));

	event->table = t;
	event->constraint = constraint;
	event->statement = w->statement;
	w->pending = lappend(w->pending, event);
}

/* Does the change assign one of the columns? */
static bool
assigns_any(const PgmRowChange *c, const List *columns)
{
	ListCell   *lc;
	ListCell   *ls;

	foreach(lc, columns)
	{
		foreach(ls, c->columns)
		{
			if (lfirst(lc) && strcmp(lfirst(lc), lfirst(ls)) == 0)
				return true;
		}
	}
	return false;
}

/* A foreign key of the table, which INSERT, or UPDATE of its columns, has checked. */
static void
note_own_key(PgmPendingSearch *w, PgmTable *t, const PgmRowChange *c,
			 const PgmForeignKey *key)
{
	if (is_deferred(w, key->name ? key->name : "", key->manner[3] == '1', key->manner[4] == '1') &&
		((c->events & TRIGGER_TYPE_INSERT) ||
		 ((c->events & TRIGGER_TYPE_UPDATE) && assigns_any(c, key->columns))))
		add_pending(w, t, key->name ? key->name : "of a foreign key");
}

/*
 * A foreign key to the table, which DELETE, or UPDATE of the key, has checked.
 * Of the actions only NO ACTION can be deferred.
 */
static void
note_reference(PgmPendingSearch *w, PgmTable *t, const PgmRowChange *c,
			   const PgmForeignKey *key)
{
	if (key->referenced == t &&
		is_deferred(w, key->name ? key->name : "", key->manner[3] == '1', key->manner[4] == '1') &&
		(((c->events & TRIGGER_TYPE_DELETE) && key->manner[1] == FKCONSTR_ACTION_NOACTION) ||
		 ((c->events & TRIGGER_TYPE_UPDATE) && key->manner[0] == FKCONSTR_ACTION_NOACTION &&
		  assigns_any(c, key->targets))))
		add_pending(w, t, key->name ? key->name : "of a foreign key");
}

/* Does the trigger fire for an UPDATE of these columns? */
static bool
is_for_update(const PgmTable *t, const PgmRowChange *c, const int2vector *columns)
{
	for (int i = 0; i < columns->dim1; i++)
	{
		const PgmColumn *column = columns->values[i] <= list_length(t->columns) ?
			list_nth(t->columns, columns->values[i] - 1) : NULL;

		if (column && column->name && assigns_any(c, list_make1(column->name)))
			return true;
	}
	return columns->dim1 == 0;
}

/*
 * The constraint triggers in the catalog.  Those with WHEN are left out, since
 * lint cannot know whether the condition holds.
 */
static void
note_triggers(PgmPendingSearch *w, PgmTable *t, const PgmRowChange *c)
{
	Relation	catalog = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(t->relid));
	scan = systable_beginscan(catalog, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
		int			events = form->tgtype & c->events & ROW_EVENTS;

		if (form->tgisinternal || !TRIGGER_FOR_ROW(form->tgtype) ||
			form->tgenabled == TRIGGER_DISABLED || form->tgenabled == TRIGGER_FIRES_ON_REPLICA ||
			!heap_attisnull(tuple, Anum_pg_trigger_tgqual, NULL) ||
			!is_deferred(w, NameStr(form->tgname), form->tgdeferrable, form->tginitdeferred))
			continue;
		if ((events & ~TRIGGER_TYPE_UPDATE) ||
			(events && is_for_update(t, c, &form->tgattr)))
			add_pending(w, t, pstrdup(NameStr(form->tgname)));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/* The constraint triggers that the plan has created before the statement. */
static void
note_new_triggers(PgmPendingSearch *w, PgmTable *t, const PgmRowChange *c)
{
	ListCell   *lc;

	foreach(lc, w->v->judged)
	{
		const PgmStatement *statement = ((PgmJudged *) lfirst(lc))->statement;
		const CreateTrigStmt *stmt = (const CreateTrigStmt *) statement->raw->stmt;

		/* Triggers that are created after the change do not see it. */
		if (statement == w->statement)
			break;
		if (IsA(stmt, CreateTrigStmt) && stmt->isconstraint && stmt->whenClause == NULL &&
			stmt->columns == NIL && (stmt->events & c->events) &&
			is_deferred(w, stmt->trigname, stmt->deferrable, stmt->initdeferred) &&
			pgm_shadow_table(w->v->shadow, stmt->relation) == t)
			add_pending(w, t, stmt->trigname);
	}
}

/* Note which deferred constraints a change of one table has checked. */
static void
note_row_change(PgmPendingSearch *w, PgmTable *t, const PgmRowChange *c)
{
	ListCell   *lc;
	ListCell   *lk;

	/*
	 * UPDATE and DELETE of an empty table change no row, so no event is
	 * queued.
	 */
	if (!(c->events & TRIGGER_TYPE_INSERT) && pgm_table_is_empty(t) && !t->filled)
		return;
	foreach(lk, t->keys)
	{
		note_own_key(w, t, c, lfirst(lk));
		note_reference(w, t, c, lfirst(lk));
	}
	if (c->events & ~TRIGGER_TYPE_INSERT)
	{
		foreach(lc, pgm_shadow_referencing(w->v->shadow, t, NULL))
		{
			foreach(lk, ((PgmTable *) lfirst(lc))->keys)
			{
				note_reference(w, t, c, lfirst(lk));
			}
		}
	}
	if (OidIsValid(t->relid))
		note_triggers(w, t, c);
	note_new_triggers(w, t, c);
}

/* Add the names of the targets of SET, also of ON CONFLICT DO UPDATE. */
static List *
target_names(List *names, const List *targets)
{
	ListCell   *lc;

	foreach(lc, targets)
	{
		if (((ResTarget *) lfirst(lc))->name)
			names = lappend(names, ((ResTarget *) lfirst(lc))->name);
	}
	return names;
}

/* The change of rows that a node of a statement is; without events if it is none. */
static PgmRowChange
row_change_of(const Node *node)
{
	PgmRowChange c = {0};
	ListCell   *lc;

	if (IsA(node, InsertStmt))
	{
		const InsertStmt *stmt = (const InsertStmt *) node;

		c.events = TRIGGER_TYPE_INSERT;
		c.relation = stmt->relation;
		if (stmt->onConflictClause && stmt->onConflictClause->action == ONCONFLICT_UPDATE)
		{
			c.events |= TRIGGER_TYPE_UPDATE;
			c.columns = target_names(NIL, stmt->onConflictClause->targetList);
		}
	}
	else if (IsA(node, UpdateStmt))
	{
		c.events = TRIGGER_TYPE_UPDATE;
		c.relation = ((const UpdateStmt *) node)->relation;
		c.columns = target_names(NIL, ((const UpdateStmt *) node)->targetList);
	}
	else if (IsA(node, DeleteStmt))
	{
		c.events = TRIGGER_TYPE_DELETE;
		c.relation = ((const DeleteStmt *) node)->relation;
	}
	else if (IsA(node, CopyStmt) && ((const CopyStmt *) node)->is_from)
	{
		c.events = TRIGGER_TYPE_INSERT;
		c.relation = ((const CopyStmt *) node)->relation;
	}
	else if (IsA(node, MergeStmt))
	{
		c.relation = ((const MergeStmt *) node)->relation;
		foreach(lc, ((const MergeStmt *) node)->mergeWhenClauses)
		{
			const MergeWhenClause *when = lfirst(lc);

			c.events |= when->commandType == CMD_INSERT ? TRIGGER_TYPE_INSERT :
				when->commandType == CMD_UPDATE ? TRIGGER_TYPE_UPDATE :
				when->commandType == CMD_DELETE ? TRIGGER_TYPE_DELETE : 0;
			if (when->commandType == CMD_UPDATE)
				c.columns = target_names(c.columns, when->targetList);
		}
	}
	return c;
}

/* Walker: note the changes of rows at any level of a statement, as in WITH. */
static bool
note_changes(Node *node, void *context)
{
	PgmPendingSearch *w = context;
	PgmRowChange c;
	PgmTable   *t;
	ListCell   *lc;

	if (node == NULL)
		return false;
	c = row_change_of(node);
	t = c.events ? pgm_shadow_table(w->v->shadow, c.relation) : NULL;
	if (t && c.relation->inh && !(c.events & TRIGGER_TYPE_INSERT))
	{
		foreach(lc, pgm_shadow_tree(w->v->shadow, t))
		{
			note_row_change(w, lfirst(lc), &c);
		}
	}
	else if (t)
		note_row_change(w, t, &c);
	return IsA(node, CopyStmt) ? false :
		raw_expression_tree_walker(node, note_changes, context);
}

/* SET CONSTRAINTS changes modes; IMMEDIATE checks at once what is pending. */
static void
note_set_constraints(PgmPendingSearch *w, const ConstraintsSetStmt *set)
{
	ListCell   *lc;
	ListCell   *lw;

	if (set->constraints == NIL)
	{
		w->all_set = true;
		w->all_deferred = set->deferred;
		w->modes = NIL;			/* ALL overrides what was set by name before */
		if (!set->deferred)
			w->pending = NIL;
	}
	foreach(lc, set->constraints)
	{
		PgmConstraintMode *mode = palloc(sizeof(PgmConstraintMode));

		mode->name = lfirst_node(RangeVar, lc)->relname;
		mode->deferred = set->deferred;
		w->modes = lappend(w->modes, mode);
		foreach(lw, w->pending)
		{
			if (!set->deferred &&
				strcmp(((PgmPendingEvent *) lfirst(lw))->constraint, mode->name) == 0)
				w->pending = foreach_delete_current(w->pending, lw);
		}
	}
}

/* The events (PgmPendingEvent) that are pending before the statement. */
static List *
find_pending(const PgmStatementView *v)
{
	PgmPendingSearch w = {.v = v};
	ListCell   *lc;

	foreach(lc, v->judged)
	{
		const PgmJudged *j = lfirst(lc);
		Node	   *node = j->statement->raw->stmt;

		/* Commits, and pg_migrate between two scripts, check what is pending. */
		if (j->transaction != v->shadow->transaction || j->script != v->script)
			continue;
		w.statement = j->statement;
		if (IsA(node, ConstraintsSetStmt))
			note_set_constraints(&w, (ConstraintsSetStmt *) node);
		else if (IsA(node, InsertStmt) || IsA(node, UpdateStmt) || IsA(node, DeleteStmt) ||
				 IsA(node, MergeStmt) || IsA(node, SelectStmt) || IsA(node, CopyStmt))
			(void) note_changes(node, &w);
	}
	return w.pending;
}

/* The tables that the statement names and has to have for itself. */
static List *
named_tables(const PgmStatementView *v)
{
	List	   *names = NIL;
	List	   *result = NIL;
	ListCell   *lc;

	if (IsA(v->node, AlterTableStmt))
		names = list_make1(((const AlterTableStmt *) v->node)->relation);
	else if (IsA(v->node, IndexStmt) && !((const IndexStmt *) v->node)->concurrent)
		names = list_make1(((const IndexStmt *) v->node)->relation);
	else if (IsA(v->node, TruncateStmt))
		names = ((const TruncateStmt *) v->node)->relations;
	else if (IsA(v->node, DropStmt) && ((const DropStmt *) v->node)->removeType == OBJECT_TABLE)
	{
		foreach(lc, ((const DropStmt *) v->node)->objects)
		{
			names = lappend(names, makeRangeVarFromNameList(lfirst(lc)));
		}
	}
	else if (nodeTag(v->node) == PGM_CLUSTER_TAG && pgm_cluster_relation(v->node))
		names = list_make1(pgm_cluster_relation(v->node));
	foreach(lc, names)
	{
		PgmTable   *t = pgm_shadow_table(v->shadow, lfirst(lc));

		if (t)
			result = lappend(result, t);
	}
	return result;
}

/*
 * Does the server check that the table is not in use? It does for the tables
 * that the statement names, and for those of the inheritors and others that it
 * goes on to.
 */
static bool
must_be_unused(const PgmStatementView *v, List *named, const PgmTable *t)
{
	ListCell   *lc;

	if (list_member_ptr(named, t))
		return true;
	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->table == t && e->mode == AccessExclusiveLock &&
			(IsA(v->node, TruncateStmt) ||
			 (e->action && e->action->subtype == AT_DropConstraint)))
			return true;
	}
	foreach(lc, named)
	{
		ListCell   *le;

		if (!list_member_ptr(pgm_shadow_tree(v->shadow, lfirst(lc)), t))
			continue;
		foreach(le, v->effects)
		{
			if (((PgmEffect *) lfirst(le))->table == t &&
				((PgmEffect *) lfirst(le))->mode >= ShareLock)
				return true;
		}
	}
	return false;
}

/*
 * ALTER, DROP, TRUNCATE, CREATE INDEX or CLUSTER of a table whose rows wait for
 * a deferred constraint.
 */
void
pgm_rule_pending_events(const PgmStatementView *v, PgmFindings *out)
{
	List	   *named = named_tables(v);
	ListCell   *lc;

	if (named == NIL)
		return;
	foreach(lc, find_pending(v))
	{
		const PgmPendingEvent *event = lfirst(lc);
		PgmFinding *f;

		if (!must_be_unused(v, named, event->table))
			continue;

		/*
		 * The table is set afterwards: pgm_finding_add() would make a notice
		 * of a finding about a small table, but the server refuses it at any
		 * size.
		 */
		f = pgm_finding_add(out, NULL,
							"statement %d, line %d leaves rows of %s to the deferred constraint %s: until that is checked the server refuses this statement",
							event->statement->number, event->statement->line,
							pgm_table_name(event->table), event->constraint);
		f->table = event->table;
		f->relation = pgm_table_name(event->table);
		pgm_finding_rewrite(f, "SET CONSTRAINTS ALL IMMEDIATE;\n%s;", pgm_source(v));
		return;
	}
}
