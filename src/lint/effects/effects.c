/*
 * effects.c
 *	  The locks and the work of each kind of statement.
 *
 * The table at the end of the file has a function for each kind of statement, which
 * adds its effects to a list.  Statements whose effects need more than a few lines
 * have files of their own.
 *
 * Statements that run code, such as DO, CALL, or a SELECT of a function, have the
 * effects of that code, which nobody knows before it runs.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_type.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "compat.h"
#include "lint/effects/effects_internal.h"
#include "lint/tables/parse_tree.h"

/* Add an effect on a table and its partitions, but not on other inheritors. */
static void
named_partitions(PgmForecast *f, const RangeVar *rel, LOCKMODE mode,
				 PgmWork work, const char *why)
{
	PgmTable   *t = pgm_effect_table(f, rel);

	if (t && t->kind == RELKIND_PARTITIONED_TABLE)
		pgm_effect_named(f, rel, mode, work, why);
	else if (t)
		pgm_effect_add(f, t, mode, pgm_table_has_rows(t) ? work : PGM_WORK_NONE, why);
}

/* DROP locks what it names and, with CASCADE, what depends on that. */
static void
collect_drop(PgmForecast *f)
{
	const DropStmt *stmt = (const DropStmt *) f->node;
	LOCKMODE	mode = stmt->concurrent ? ShareUpdateExclusiveLock :
		AccessExclusiveLock;
	ListCell   *lc;

	foreach(lc, pgm_drop_locked(f->shadow, stmt))
	{
		pgm_effect_add(f, lfirst(lc), mode, PGM_WORK_NONE, NULL);
	}
}

/* The table and index of CLUSTER; from 19 on REPACK */
static void
collect_cluster(PgmForecast *f)
{
	const RangeVar *rel = pgm_cluster_relation(f->node);
	bool		concurrently = false;
	ListCell   *lc;

	foreach(lc, pgm_cluster_options(f->node))
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "concurrently") == 0)
			concurrently = defGetBoolean(lfirst_node(DefElem, lc));
	}
	if (rel)
		named_partitions(f, rel, concurrently ? ShareUpdateExclusiveLock :
						 AccessExclusiveLock, PGM_WORK_REWRITE, "the table is copied");
}

/* VACUUM and ANALYZE */
static void
collect_vacuum(PgmForecast *f)
{
	const VacuumStmt *stmt = (const VacuumStmt *) f->node;
	bool		full = false;

	/* from 18 on with all that inherit from the table */
	void		(*add_effects) (PgmForecast *, const RangeVar *, LOCKMODE, PgmWork,
								const char *) =
		PGM_SERVER_MAJOR >= 18 ? pgm_effect_named : named_partitions;
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "full") == 0)
			full = defGetBoolean(lfirst_node(DefElem, lc));
	}
	foreach(lc, stmt->rels)
	{
		add_effects(f, lfirst_node(VacuumRelation, lc)->relation,
					full ? AccessExclusiveLock : ShareUpdateExclusiveLock,
					full ? PGM_WORK_REWRITE : PGM_WORK_SCAN,
					full ? "the table is copied" : NULL);
	}
}

/* REFRESH MATERIALIZED VIEW */
static void
collect_refresh(PgmForecast *f)
{
	const RefreshMatViewStmt *stmt = (const RefreshMatViewStmt *) f->node;

	if (stmt->concurrent)
		pgm_effect_add(f, pgm_effect_table(f, stmt->relation), ExclusiveLock,
					   PGM_WORK_SCAN, "it is compared row by row");
	else
		pgm_effect_add(f, pgm_effect_table(f, stmt->relation), AccessExclusiveLock,
					   PGM_WORK_REWRITE, stmt->skipData ?
					   "its rows are thrown away" : "it is computed again");
}

/*
 * Add a table with its inheritors to the tables that TRUNCATE empties, and with
 * CASCADE all tables that refer to one of them.
 */
static List *
add_truncated(PgmForecast *f, List *tables, List *tree, bool cascade)
{
	ListCell   *lt;
	ListCell   *lr;

	check_stack_depth();
	foreach(lt, tree)
	{
		/* Foreign keys may form a circle. */
		if (list_member_ptr(tables, lfirst(lt)))
			continue;
		tables = lappend(tables, lfirst(lt));
		foreach(lr, cascade ? pgm_shadow_referencing(f->shadow, lfirst(lt), NULL) : NIL)
		{
			tables = add_truncated(f, tables,
								   pgm_shadow_tree(f->shadow, lfirst(lr)), true);
		}
	}
	return tables;
}

/* TRUNCATE */
static void
collect_truncate(PgmForecast *f)
{
	const TruncateStmt *stmt = (const TruncateStmt *) f->node;
	List	   *tables = NIL;
	ListCell   *lc;

	foreach(lc, stmt->relations)
	{
		const RangeVar *rel = lfirst(lc);
		PgmTable   *t = pgm_effect_table(f, rel);

		if (t)
			tables = add_truncated(f, tables, rel->inh ?
								   pgm_shadow_tree(f->shadow, t) : list_make1(t),
								   stmt->behavior == DROP_CASCADE);
	}
	foreach(lc, tables)
	{
		pgm_effect_add(f, lfirst(lc), AccessExclusiveLock,
					   pgm_table_has_rows(lfirst(lc)) ? PGM_WORK_REWRITE : PGM_WORK_NONE,
					   "its rows are thrown away");
	}
}

/* ALTER ... RENAME */
static void
collect_rename(PgmForecast *f)
{
	const RenameStmt *stmt = (const RenameStmt *) f->node;
	PgmTable   *t;

	/* Types, schemas and attributes of types: no table is locked. */
	if (stmt->relation == NULL || stmt->renameType == OBJECT_ATTRIBUTE)
		return;
	if (stmt->renameType == OBJECT_INDEX)
	{
		pgm_effect_add(f, pgm_effect_table(f, stmt->relation), ShareUpdateExclusiveLock,
					   PGM_WORK_NONE, NULL);
		return;
	}
	t = pgm_effect_table(f, stmt->relation);
	if (t && stmt->relation->inh &&
		(stmt->renameType == OBJECT_COLUMN ||
		 stmt->renameType == OBJECT_TABCONSTRAINT))
		pgm_effect_tree(f, t, AccessExclusiveLock, PGM_WORK_NONE, NULL);
	else
		pgm_effect_add(f, t, AccessExclusiveLock, PGM_WORK_NONE, NULL);
}

/* ALTER ... SET SCHEMA */
static void
collect_schema(PgmForecast *f)
{
	pgm_effect_add(f, pgm_effect_table(f, ((const AlterObjectSchemaStmt *) f->node)->relation),
				   AccessExclusiveLock, PGM_WORK_NONE, NULL);
}

/* The tables that the foreign keys of new columns and constraints refer to */
static void
add_referenced_tables(PgmForecast *f, List *elements)
{
	ListCell   *le;
	ListCell   *lc;

	foreach(le, elements)
	{
		Node	   *element = lfirst(le);
		List	   *constraints = IsA(element, ColumnDef) ?
			((ColumnDef *) element)->constraints : list_make1(element);

		foreach(lc, constraints)
		{
			Constraint *c = lfirst(lc);

			if (IsA(c, Constraint) && c->contype == CONSTR_FOREIGN)
				pgm_effect_add(f, pgm_effect_table(f, c->pktable), ShareRowExclusiveLock,
							   PGM_WORK_NONE, "the new table is empty");
		}
	}
}

/* CREATE TABLE: locks on parents and on tables that foreign keys refer to */
static void
collect_create(PgmForecast *f)
{
	const CreateStmt *stmt = (const CreateStmt *) f->node;
	ListCell   *lc;

	if (stmt->if_not_exists && pgm_effect_table(f, stmt->relation))
		return;
	add_referenced_tables(f, stmt->tableElts);
	add_referenced_tables(f, stmt->constraints);
	foreach(lc, stmt->inhRelations)
	{
		PgmTable   *parent = pgm_effect_table(f, lfirst(lc));

		pgm_effect_add(f, parent, stmt->partbound ? AccessExclusiveLock :
					   ShareUpdateExclusiveLock, PGM_WORK_NONE, NULL);
		if (parent == NULL || stmt->partbound == NULL)
			continue;

		/*
		 * The new partition is empty, but locks are taken because of the keys
		 * it gets.
		 */
		pgm_effects_on_partition(f, parent, NULL);
		pgm_effects_on_default_partition(f, parent, stmt->partbound);
	}
}

/* CREATE TRIGGER; a row trigger of a partitioned table is made on each partition. */
static void
collect_trigger(PgmForecast *f)
{
	const CreateTrigStmt *stmt = (const CreateTrigStmt *) f->node;
	PgmTable   *t = pgm_effect_table(f, stmt->relation);

	if (t && t->kind == RELKIND_PARTITIONED_TABLE && stmt->row)
		pgm_effect_tree(f, t, ShareRowExclusiveLock, PGM_WORK_NONE, NULL);
	else
		pgm_effect_add(f, t, ShareRowExclusiveLock, PGM_WORK_NONE, NULL);
}

/* CREATE and ALTER POLICY */
static void
collect_policy(PgmForecast *f)
{
	const RangeVar *rel = IsA(f->node, CreatePolicyStmt) ?
		((const CreatePolicyStmt *) f->node)->table :
		((const AlterPolicyStmt *) f->node)->table;

	pgm_effect_add(f, pgm_effect_table(f, rel), AccessExclusiveLock, PGM_WORK_NONE, NULL);
}

/* CREATE RULE */
static void
collect_rule(PgmForecast *f)
{
	pgm_effect_add(f, pgm_effect_table(f, ((const RuleStmt *) f->node)->relation),
				   AccessExclusiveLock, PGM_WORK_NONE, NULL);
}

/* CREATE STATISTICS */
static void
collect_statistics(PgmForecast *f)
{
	ListCell   *lc;

	foreach(lc, ((const CreateStatsStmt *) f->node)->relations)
	{
		if (IsA(lfirst(lc), RangeVar))
			pgm_effect_add(f, pgm_effect_table(f, lfirst(lc)), ShareUpdateExclusiveLock,
						   PGM_WORK_NONE, NULL);
	}
}

/* LOCK TABLE */
static void
collect_lock(PgmForecast *f)
{
	const LockStmt *stmt = (const LockStmt *) f->node;
	ListCell   *lc;

	foreach(lc, stmt->relations)
	{
		pgm_effect_named(f, lfirst(lc), stmt->mode, PGM_WORK_NONE, NULL);
	}
}

/* The relation that is commented on, or that contains the object, or NULL. */
static RangeVar *
commented_relation(ObjectType type, Node *object)
{
	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_FOREIGN_TABLE:
		case OBJECT_SEQUENCE:
		case OBJECT_INDEX:
			return makeRangeVarFromNameList((List *) object);
		case OBJECT_COLUMN:
		case OBJECT_TRIGGER:
		case OBJECT_RULE:
		case OBJECT_POLICY:
		case OBJECT_TABCONSTRAINT:
			return list_length((List *) object) < 2 ? NULL :
				makeRangeVarFromNameList(list_truncate(list_copy((List *) object),
													   list_length((List *) object) - 1));
		default:
			return NULL;
	}
}

/* COMMENT and SECURITY LABEL */
static void
collect_comment(PgmForecast *f)
{
	bool		comment = IsA(f->node, CommentStmt);
	RangeVar   *rel = comment ?
		commented_relation(((const CommentStmt *) f->node)->objtype,
						   ((const CommentStmt *) f->node)->object) :
		commented_relation(((const SecLabelStmt *) f->node)->objtype,
						   ((const SecLabelStmt *) f->node)->object);

	pgm_effect_add(f, pgm_effect_table(f, rel), ShareUpdateExclusiveLock, PGM_WORK_NONE,
				   NULL);
}

/*
 * The lock that ALTER DOMAIN takes on each table with a column of the domain, whose
 * values it checks; NoLock if it reads none.
 */
static LOCKMODE
domain_lock(const AlterDomainStmt *stmt)
{
	switch (stmt->subtype)
	{
		case 'C':				/* ADD CONSTRAINT */
			return ((const Constraint *) stmt->def)->skip_validation ? NoLock :
				ShareLock;
		case 'O':				/* SET NOT NULL */
			return ShareLock;
		case 'V':				/* VALIDATE CONSTRAINT */
			return PGM_DOMAIN_VALIDATE_LOCK;
		default:
			return NoLock;
	}
}

/* ALTER DOMAIN */
static void
collect_domain(PgmForecast *f)
{
	const AlterDomainStmt *stmt = (const AlterDomainStmt *) f->node;
	PgmTypeRef	type = pgm_shadow_type(f->shadow,
									   makeTypeNameFromNameList(stmt->typeName));
	LOCKMODE	mode = domain_lock(stmt);
	ListCell   *lc;

	if (mode == NoLock)
		return;
	foreach(lc, pgm_shadow_tables_of_domain(f->shadow, &type))
	{
		pgm_effect_add(f, lfirst(lc), mode, PGM_WORK_SCAN,
					   "every value of the domain is checked");
	}
}

/* CREATE and ALTER PUBLICATION */
static void
collect_publication(PgmForecast *f)
{
	List	   *objects = IsA(f->node, CreatePublicationStmt) ?
		((const CreatePublicationStmt *) f->node)->pubobjects :
		((const AlterPublicationStmt *) f->node)->pubobjects;
	ListCell   *lc;

	foreach(lc, objects)
	{
		const PublicationObjSpec *spec = lfirst_node(PublicationObjSpec, lc);

		if (spec->pubtable)
			pgm_effect_named(f, spec->pubtable->relation, ShareUpdateExclusiveLock,
							 PGM_WORK_NONE, NULL);
	}
}

/* ALTER SEQUENCE */
static void
collect_sequence(PgmForecast *f)
{
	pgm_effect_add(f, pgm_effect_table(f, ((const AlterSeqStmt *) f->node)->sequence),
				   ShareRowExclusiveLock, PGM_WORK_NONE, NULL);
}

static void collect_create_schema(PgmForecast *f);

static const struct
{
	NodeTag		tag;
	void		(*collect) (PgmForecast *f);
}			kinds[] =

{
	{.tag = T_AlterTableStmt,.collect = pgm_effects_of_alter},
	{.tag = T_IndexStmt,.collect = pgm_effects_of_create_index},
	{.tag = T_DropStmt,.collect = collect_drop},
	{.tag = T_ReindexStmt,.collect = pgm_effects_of_reindex},
	{.tag = PGM_CLUSTER_TAG,.collect = collect_cluster},
	{.tag = T_VacuumStmt,.collect = collect_vacuum},
	{.tag = T_RefreshMatViewStmt,.collect = collect_refresh},
	{.tag = T_TruncateStmt,.collect = collect_truncate},
	{.tag = T_RenameStmt,.collect = collect_rename},
	{.tag = T_AlterObjectSchemaStmt,.collect = collect_schema},
	{.tag = T_CreateStmt,.collect = collect_create},
	{.tag = T_CreateSchemaStmt,.collect = collect_create_schema},
	{.tag = T_CreateTrigStmt,.collect = collect_trigger},
	{.tag = T_CreatePolicyStmt,.collect = collect_policy},
	{.tag = T_AlterPolicyStmt,.collect = collect_policy},
	{.tag = T_RuleStmt,.collect = collect_rule},
	{.tag = T_CreateStatsStmt,.collect = collect_statistics},
	{.tag = T_LockStmt,.collect = collect_lock},
	{.tag = T_CommentStmt,.collect = collect_comment},
	{.tag = T_SecLabelStmt,.collect = collect_comment},
	{.tag = T_AlterDomainStmt,.collect = collect_domain},
	{.tag = T_CreatePublicationStmt,.collect = collect_publication},
	{.tag = T_AlterPublicationStmt,.collect = collect_publication},
	{.tag = T_AlterSeqStmt,.collect = collect_sequence},
	{.tag = T_SelectStmt,.collect = pgm_effects_of_query},
	{.tag = T_InsertStmt,.collect = pgm_effects_of_query},
	{.tag = T_UpdateStmt,.collect = pgm_effects_of_query},
	{.tag = T_DeleteStmt,.collect = pgm_effects_of_query},
	{.tag = T_MergeStmt,.collect = pgm_effects_of_query},
	{.tag = T_ViewStmt,.collect = pgm_effects_of_stored_query},
	{.tag = T_CreateTableAsStmt,.collect = pgm_effects_of_stored_query},
	{.tag = T_CopyStmt,.collect = pgm_effects_of_copy},
	{.tag = T_CallStmt,.collect = pgm_effects_of_call}
};

/* Collect the effects of the statement by its kind. */
static void
collect_by_kind(PgmForecast *f)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
		if (nodeTag(f->node) == kinds[i].tag)
			kinds[i].collect(f);
}

/* The elements of CREATE SCHEMA are statements of their own. */
static void
collect_create_schema(PgmForecast *f)
{
	const Node *create = f->node;
	ListCell   *lc;

	Assert(f->shadow->within == NULL);
	f->shadow->within = pgm_create_schema_name((const CreateSchemaStmt *) create);
	foreach(lc, pgm_create_schema_elements((const CreateSchemaStmt *) create))
	{
		f->node = lfirst(lc);
		collect_by_kind(f);
	}
	f->shadow->within = NULL;
	f->node = create;
}

/*
 * Merge an effect into one on the same table by the same action, which keeps the
 * strongest lock and the most work.  Returns false if there is none.
 */
static bool
merge_effect(List *effects, PgmEffect *e)
{
	ListCell   *lc;

	foreach(lc, effects)
	{
		PgmEffect  *other = lfirst(lc);

		if (other->table != e->table || other->action != e->action)
			continue;
		Assert(other != e);
		other->mode = Max(other->mode, e->mode);
		if (e->work > other->work)
		{
			other->work = e->work;
			other->why = e->why;
		}
		return true;
	}
	return false;
}

/*
 * The effects (PgmEffect) of a statement on the relations that are there
 * before it, one for each relation, and of ALTER TABLE for each action.
 */
List *
pgm_effects_of(PgmShadow *s, const Node *node)
{
	PgmForecast f = {.shadow = s,.node = node};
	List	   *merged = NIL;
	ListCell   *lc;

	collect_by_kind(&f);
	foreach(lc, f.effects)
	{
		if (!merge_effect(merged, lfirst(lc)))
			merged = lappend(merged, lfirst(lc));
	}
	return merged;
}
