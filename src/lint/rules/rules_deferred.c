/*
 * rules_deferred.c
 *	  A rule about deferred constraints: while rows that a script changed wait
 *	  for one, the server refuses to alter their table.
 *
 * What waits is found by looking at the statements before in the same
 * transaction of the same script: between two migrations pg_migrate has the
 * constraints checked, and so does a commit.
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

/* What a query does to rows of its table, as bits of pg_trigger.tgtype */
#define CHANGES (TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE)

/* SET CONSTRAINTS of one name, by the script */
typedef struct PgmConstraintMode
{
	const char *name;
	bool		deferred;
} PgmConstraintMode;

/* A table whose rows wait for a constraint */
typedef struct PgmWaiting
{
	PgmTable   *table;
	const char *constraint;
	const PgmStatement *statement;
} PgmWaiting;

/* The look at the statements before */
typedef struct PgmWaitingSearch
{
	const PgmStatementView *v;
	const PgmStatement *statement;	/* that is looked at */
	bool		all_set;		/* SET CONSTRAINTS ALL was said */
	bool		all_deferred;
	List	   *modes;			/* PgmConstraintMode, said since */
	List	   *waiting;		/* PgmWaiting */
} PgmWaitingSearch;

/* A query that changes rows of a table */
typedef struct PgmRowChange
{
	int			events;			/* of CHANGES */
	const RangeVar *relation;
	List	   *columns;		/* char *, that it assigns in an UPDATE */
} PgmRowChange;

/* Is a constraint deferred, after what SET CONSTRAINTS has said so far? */
static bool
is_deferred(const PgmWaitingSearch *w, const char *name, bool deferrable,
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

/* Add a constraint that rows of a table wait for. */
static void
wait_for(PgmWaitingSearch *w, PgmTable *t, const char *constraint)
{
	PgmWaiting *waiting = palloc(sizeof(PgmWaiting));

	waiting->table = t;
	waiting->constraint = constraint;
	waiting->statement = w->statement;
	w->waiting = lappend(w->waiting, waiting);
}

/* Does the change assign one of the columns? */
static bool
assigns(const PgmRowChange *c, const List *columns)
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

/* Note a deferred foreign key of the table: INSERT, or UPDATE of its columns. */
static void
note_key(PgmWaitingSearch *w, PgmTable *t, const PgmRowChange *c,
		 const PgmForeignKey *key)
{
	if (is_deferred(w, key->name ? key->name : "", key->manner[3] == '1', key->manner[4] == '1') &&
		((c->events & TRIGGER_TYPE_INSERT) ||
		 ((c->events & TRIGGER_TYPE_UPDATE) && assigns(c, key->columns))))
		wait_for(w, t, key->name ? key->name : "of a foreign key");
}

/*
 * A foreign key to the table: rows that go, or get other values.  Of its actions
 * only NO ACTION is ever deferred.
 */
static void
note_reference(PgmWaitingSearch *w, PgmTable *t, const PgmRowChange *c,
			   const PgmForeignKey *key)
{
	if (key->referenced == t &&
		is_deferred(w, key->name ? key->name : "", key->manner[3] == '1', key->manner[4] == '1') &&
		(((c->events & TRIGGER_TYPE_DELETE) && key->manner[1] == FKCONSTR_ACTION_NOACTION) ||
		 ((c->events & TRIGGER_TYPE_UPDATE) && key->manner[0] == FKCONSTR_ACTION_NOACTION &&
		  assigns(c, key->targets))))
		wait_for(w, t, key->name ? key->name : "of a foreign key");
}

/* Does the trigger fire for an UPDATE of these columns? */
static bool
is_for_update(const PgmTable *t, const PgmRowChange *c, const int2vector *columns)
{
	for (int i = 0; i < columns->dim1; i++)
	{
		const PgmColumn *column = columns->values[i] <= list_length(t->columns) ?
			list_nth(t->columns, columns->values[i] - 1) : NULL;

		if (column && column->name && assigns(c, list_make1(column->name)))
			return true;
	}
	return columns->dim1 == 0;
}

/*
 * The constraint triggers of the catalog.  Those with a condition are left out:
 * it is not known whether that holds.
 */
static void
note_triggers(PgmWaitingSearch *w, PgmTable *t, const PgmRowChange *c)
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
		int			events = form->tgtype & c->events & CHANGES;

		if (form->tgisinternal || !TRIGGER_FOR_ROW(form->tgtype) ||
			form->tgenabled == TRIGGER_DISABLED || form->tgenabled == TRIGGER_FIRES_ON_REPLICA ||
			!heap_attisnull(tuple, Anum_pg_trigger_tgqual, NULL) ||
			!is_deferred(w, NameStr(form->tgname), form->tgdeferrable, form->tginitdeferred))
			continue;
		if ((events & ~TRIGGER_TYPE_UPDATE) ||
			(events && is_for_update(t, c, &form->tgattr)))
			wait_for(w, t, pstrdup(NameStr(form->tgname)));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/* The constraint triggers that the plan has made before */
static void
note_new_triggers(PgmWaitingSearch *w, PgmTable *t, const PgmRowChange *c)
{
	ListCell   *lc;

	foreach(lc, w->v->judged)
	{
		const PgmStatement *statement = ((PgmJudged *) lfirst(lc))->statement;
		const CreateTrigStmt *stmt = (const CreateTrigStmt *) statement->raw->stmt;

		if (statement == w->statement)
			break;
		if (IsA(stmt, CreateTrigStmt) && stmt->isconstraint && stmt->whenClause == NULL &&
			stmt->columns == NIL && (stmt->events & c->events) &&
			is_deferred(w, stmt->trigname, stmt->deferrable, stmt->initdeferred) &&
			pgm_shadow_table(w->v->shadow, stmt->relation) == t)
			wait_for(w, t, stmt->trigname);
	}
}

/* What waits for deferred constraints after a change of one table */
static void
note_table(PgmWaitingSearch *w, PgmTable *t, const PgmRowChange *c)
{
	ListCell   *lc;
	ListCell   *lk;

	/* no row is there to be changed */
	if (!(c->events & TRIGGER_TYPE_INSERT) && pgm_table_is_empty(t) && !t->filled)
		return;
	foreach(lk, t->keys)
	{
		note_key(w, t, c, lfirst(lk));
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

/* Names of the targets of a SET or ON CONFLICT ... SET. */
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

/* What a node of a query changes; no event: nothing. */
static PgmRowChange
change_of(const Node *node)
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

/* The changes of rows at any level of a statement */
static bool
note_changes(Node *node, void *context)
{
	PgmWaitingSearch *w = context;
	PgmRowChange c;
	PgmTable   *t;
	ListCell   *lc;

	if (node == NULL)
		return false;
	c = change_of(node);
	t = c.events ? pgm_shadow_table(w->v->shadow, c.relation) : NULL;
	if (t && c.relation->inh && !(c.events & TRIGGER_TYPE_INSERT))
		foreach(lc, pgm_shadow_tree(w->v->shadow, t))
	{
		note_table(w, lfirst(lc), &c);
	}
	else if (t)
		note_table(w, t, &c);
	return IsA(node, CopyStmt) ? false :
		raw_expression_tree_walker(node, note_changes, context);
}

/* SET CONSTRAINTS: what is immediate by it does not wait any more. */
static void
note_set(PgmWaitingSearch *w, const ConstraintsSetStmt *set)
{
	ListCell   *lc;
	ListCell   *lw;

	if (set->constraints == NIL)
	{
		w->all_set = true;
		w->all_deferred = set->deferred;
		w->modes = NIL;
		if (!set->deferred)
			w->waiting = NIL;
	}
	foreach(lc, set->constraints)
	{
		PgmConstraintMode *mode = palloc(sizeof(PgmConstraintMode));

		mode->name = lfirst_node(RangeVar, lc)->relname;
		mode->deferred = set->deferred;
		w->modes = lappend(w->modes, mode);
		foreach(lw, w->waiting)
		{
			if (!set->deferred &&
				strcmp(((PgmWaiting *) lfirst(lw))->constraint, mode->name) == 0)
				w->waiting = foreach_delete_current(w->waiting, lw);
		}
	}
}

/* What waits for deferred constraints before the statement */
static List *
find_waiting(const PgmStatementView *v)
{
	PgmWaitingSearch w = {.v = v};
	ListCell   *lc;

	foreach(lc, v->judged)
	{
		const PgmJudged *j = lfirst(lc);
		Node	   *node = j->statement->raw->stmt;

		if (j->transaction != v->shadow->transaction || j->script != v->script)
			continue;
		w.statement = j->statement;
		if (IsA(node, ConstraintsSetStmt))
			note_set(&w, (ConstraintsSetStmt *) node);
		else if (IsA(node, InsertStmt) || IsA(node, UpdateStmt) || IsA(node, DeleteStmt) ||
				 IsA(node, MergeStmt) || IsA(node, SelectStmt) || IsA(node, CopyStmt))
			(void) note_changes(node, &w);
	}
	return w.waiting;
}

/* The tables that the statement names, of those that it must have for itself */
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
		foreach(lc, ((const DropStmt *) v->node)->objects)
	{
		names = lappend(names, makeRangeVarFromNameList(lfirst(lc)));
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
 * Does the server look whether the table is in use?  At those that are named,
 * and of those that inherit from them at which the statement goes on to.
 */
static bool
must_not_wait(const PgmStatementView *v, List *named, const PgmTable *t)
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

/* ALTER, DROP, TRUNCATE and the like of a table that waits for deferred constraints */
void
pgm_rule_pending_events(const PgmStatementView *v, PgmFindings *out)
{
	List	   *named = named_tables(v);
	ListCell   *lc;

	if (named == NIL)
		return;
	foreach(lc, find_waiting(v))
	{
		const PgmWaiting *waiting = lfirst(lc);
		PgmFinding *f;

		if (!must_not_wait(v, named, waiting->table))
			continue;

		/* no table here: its size would weigh, but it fails with any size */
		f = pgm_find(out, NULL,
					 "statement %d, line %d leaves rows of %s to the deferred constraint %s: until that is checked the server refuses this statement",
					 waiting->statement->number, waiting->statement->line,
					 pgm_table_name(waiting->table), waiting->constraint);
		f->table = waiting->table;
		f->relation = pgm_table_name(waiting->table);
		pgm_rewrite(f, "SET CONSTRAINTS ALL IMMEDIATE;\n%s;", pgm_source(v));
		return;
	}
}
