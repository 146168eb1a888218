/*
 * shadow.c
 *	  Finding tables and indexes: first among what the plan makes or has changed,
 *	  then in the catalog.
 *
 * A table is copied from the catalog when it is first looked up, and is then the
 * only truth: PgmTable pointers stay valid and are compared as identities.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/readfuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
#include "utils/varlena.h"

#include "compat.h"
#include "lint/shadow/shadow_internal.h"
#include "lint/tables/parse_tree.h"

/* What the temporary tables that the plan makes have for a schema */
#define TEMPORARY "pg_temp"

/* Make a shadow that is equal to the catalog. */
PgmShadow *
pgm_shadow_begin(void)
{
	return palloc0(sizeof(PgmShadow));
}

/*
 * Copy the columns.  Dropped ones are copied as well, because expressions refer to
 * columns by number, which is the position in the list.
 */
static void
load_columns(PgmTable *t, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		PgmColumn  *c = palloc0(sizeof(PgmColumn));
		char	   *name;

		if (!att->attisdropped)
		{
			c->name = pstrdup(NameStr(att->attname));
			c->type = pgm_type_of_catalog(att->atttypid, att->atttypmod,
										  att->attcollation);
			c->not_null = pgm_not_null_valid(desc, i);
			c->has_default = att->atthasdef;
			c->generated = att->attgenerated;
			c->identity = att->attidentity;
		}
		t->columns = lappend(t->columns, c);
		name = c->name && att->attnotnull && !c->not_null ?
			pgm_not_null_name(t->relid, att->attnum) : NULL;
		if (name)
			(void) pgm_table_add_not_null(t, c, att->attnum, name);
	}
}

/* Copy the CHECKs with their stored expressions, which are not planned. */
static void
load_checks(PgmTable *t, Relation rel)
{
	TupleConstr *constr = RelationGetDescr(rel)->constr;

	for (int i = 0; constr && i < constr->num_check; i++)
	{
		PgmCheck   *c = palloc0(sizeof(PgmCheck));

		c->name = pstrdup(constr->check[i].ccname);
		c->expr = stringToNode(constr->check[i].ccbin);
		c->valid = constr->check[i].ccvalid;
		t->checks = lappend(t->checks, c);
	}
}

/* The name of a column by its number, or NULL for an expression. */
static char *
column_name(const PgmTable *t, AttrNumber attnum)
{
	return attnum > 0 ?
		((PgmColumn *) list_nth(t->columns, attnum - 1))->name : NULL;
}

/* The columns that a tree of nodes in a row of pg_index mentions */
static Bitmapset *
mentioned_columns(HeapTuple tuple, AttrNumber attribute, Bitmapset *columns)
{
	bool		isnull;
	Datum		value = SysCacheGetAttr(INDEXRELID, tuple, attribute, &isnull);

	if (!isnull)
		pull_varattnos(stringToNode(TextDatumGetCString(value)), 1, &columns);
	return columns;
}

/* The expressions in a row of pg_index, as they are stored */
static List *
stored_expressions(HeapTuple tuple)
{
	bool		isnull;
	Datum		value = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indexprs, &isnull);

	return isnull ? NIL : stringToNode(TextDatumGetCString(value));
}

/* The DEFERRABLE clause of a constraint, as SQL, or "" */
static const char *
deferrability(Oid constraint)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Form_pg_constraint form;
	const char *result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for constraint %u", constraint);
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	result = form->condeferred ? " DEFERRABLE INITIALLY DEFERRED" :
		form->condeferrable ? " DEFERRABLE" : "";
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Copy an index.  It is read from the system caches, and its expressions are not
 * taken from RelationGetIndexExpressions(), which folds them: that may call a function of the table's owner.
 */
static PgmIndex *
load_index(PgmTable *t, Oid oid)
{
	PgmIndex   *index = palloc0(sizeof(PgmIndex));
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(oid));
	HeapTuple	relation = SearchSysCache1(RELOID, ObjectIdGetDatum(oid));
	Form_pg_index form;
	Oid			constraint = get_index_constraint(oid);

	if (!HeapTupleIsValid(tuple) || !HeapTupleIsValid(relation))
		elog(ERROR, "cache lookup failed for index %u", oid);
	form = (Form_pg_index) GETSTRUCT(tuple);
	index->oid = oid;
	index->name = pstrdup(NameStr(((Form_pg_class) GETSTRUCT(relation))->relname));
	index->method = get_am_name(((Form_pg_class) GETSTRUCT(relation))->relam);
	index->table = t;
	for (int i = 0; i < form->indnatts; i++)
		index->columns = lappend(index->columns,
								 column_name(t, form->indkey.values[i]));
	index->nkeys = form->indnkeyatts;
	index->constraint = OidIsValid(constraint) ?
		get_constraint_name(constraint) : NULL;
	index->deferrable = OidIsValid(constraint) ? deferrability(constraint) : "";
	index->nulls_not_distinct = form->indnullsnotdistinct;
	index->unique = form->indisunique;
	index->primary = form->indisprimary;
	index->exclusion = form->indisexclusion;
	index->partial = !heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
	index->expressions = !heap_attisnull(tuple, Anum_pg_index_indexprs, NULL);
	index->exprs = stored_expressions(tuple);
	index->mentioned = mentioned_columns(tuple, Anum_pg_index_indpred, NULL);
	index->mentioned = mentioned_columns(tuple, Anum_pg_index_indexprs,
										 index->mentioned);
	index->valid = form->indisvalid;
	index->attached = ((Form_pg_class) GETSTRUCT(relation))->relispartition;
	ReleaseSysCache(relation);
	ReleaseSysCache(tuple);
	return index;
}

/* Copy a foreign key; the table it refers to is looked for later. */
static PgmForeignKey *
load_key(PgmShadow *s, PgmTable *t, const ForeignKeyCacheInfo *info)
{
	PgmForeignKey *key = palloc0(sizeof(PgmForeignKey));
	HeapTuple	tuple = SearchSysCache1(CONSTROID,
										ObjectIdGetDatum(info->conoid));
	Form_pg_constraint form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for constraint %u", info->conoid);
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	key->oid = info->conoid;
	key->parent = form->conparentid;
	key->inherited = OidIsValid(form->conparentid);
	key->name = pstrdup(NameStr(form->conname));
	key->valid = form->convalidated;
	key->manner = pgm_foreign_key_manner(form->confupdtype, form->confdeltype,
										 form->confmatchtype, form->condeferrable,
										 form->condeferred);
	ReleaseSysCache(tuple);
	for (int i = 0; i < info->nkeys; i++)
		key->columns = lappend(key->columns, column_name(t, info->conkey[i]));
	key->referenced = pgm_shadow_by_oid(s, info->confrelid);
	for (int i = 0; key->referenced && i < info->nkeys; i++)
		key->targets = lappend(key->targets,
							   column_name(key->referenced, info->confkey[i]));
	return key;
}

/* Copy a relation from the catalog; NULL when it is gone. */
static PgmTable *
load_table(PgmShadow *s, Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);
	PgmTable   *t;
	List	   *keys;
	ListCell   *lc;

	if (rel == NULL)
		return NULL;
	t = palloc0(sizeof(PgmTable));

	/*
	 * Before the foreign keys are loaded, since they look up the tables that
	 * they refer to: a cycle of keys, or a key to the same table, must find
	 * it.
	 */
	s->tables = lappend(s->tables, t);
	t->relid = relid;
	t->schema = get_namespace_name(RelationGetNamespace(rel));
	t->name = pstrdup(RelationGetRelationName(rel));
	t->kind = rel->rd_rel->relkind;
	t->persistence = rel->rd_rel->relpersistence;
	t->tablespace = rel->rd_rel->reltablespace;
	t->method = rel->rd_rel->relam;
	t->unpopulated = !rel->rd_rel->relispopulated;
	t->is_partition = rel->rd_rel->relispartition;
	t->columns_known = true;
	load_columns(t, rel);
	load_checks(t, rel);
	foreach(lc, RelationGetIndexList(rel))
	{
		t->indexes = lappend(t->indexes, load_index(t, lfirst_oid(lc)));
	}
	/* The relcache entry may be rebuilt while other tables are loaded. */
	keys = copyObject(RelationGetFKeyList(rel));
	relation_close(rel, AccessShareLock);
	foreach(lc, keys)
	{
		t->keys = lappend(t->keys, load_key(s, t, lfirst(lc)));
	}
	return t;
}

/* The table of an oid; NULL when it is gone. */
PgmTable *
pgm_shadow_by_oid(PgmShadow *s, Oid relid)
{
	ListCell   *lc;

	foreach(lc, s->tables)
	{
		PgmTable   *t = lfirst(lc);

		if (t->relid == relid)
			return t;
	}
	return load_table(s, relid);
}

/* Is a name in a list of names (char *)? */
static bool
is_in(const List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/*
 * The schemas (char *) of the search path, those that the plan makes among them;
 * on demand also those that are looked at without being named in it.
 */
List *
pgm_shadow_path(const PgmShadow *s, bool implicit)
{
	List	   *there = NIL;	/* of the catalog, in order */
	List	   *path = NIL;
	List	   *names;
	ListCell   *lc;

	foreach(lc, fetch_search_path(implicit))
	{
		char	   *name = get_namespace_name(lfirst_oid(lc));

		if (name)
			there = lappend(there, name);
	}
	if (s->within)
		return lcons(s->within, there);
	if (s->schemas == NIL ||
		!SplitIdentifierString(pstrdup(namespace_search_path), ',', &names))
		return there;
	foreach(lc, there)
	{
		if (!is_in(names, lfirst(lc)))
			path = lappend(path, lfirst(lc));
	}
	foreach(lc, names)
	{
		if (is_in(there, lfirst(lc)) || is_in(s->schemas, lfirst(lc)))
			path = lappend(path, lfirst(lc));
	}
	return path;
}

/* A table that the plan made or has touched. */
static PgmTable *
known_table(PgmShadow *s, const char *schema, const char *name)
{
	ListCell   *lc;

	foreach(lc, s->tables)
	{
		PgmTable   *t = lfirst(lc);

		if (!t->dropped && strcmp(t->name, name) == 0 &&
			strcmp(t->schema, schema) == 0)
			return t;
	}
	return NULL;
}

/*
 * A table by schema and name: one that the plan made or touched, or one of the
 * catalog that the plan did not rename or drop.
 */
static PgmTable *
table_in(PgmShadow *s, const char *schema, const char *name)
{
	PgmTable   *t = known_table(s, schema, name);
	Oid			namespace;
	Oid			relid;

	if (t)
		return t;
	namespace = get_namespace_oid(schema, true);
	relid = OidIsValid(namespace) ? get_relname_relid(name, namespace) :
		InvalidOid;
	if (!OidIsValid(relid))
		return NULL;

	/*
	 * The catalog still has the name, but the plan may have renamed its
	 * table.
	 */
	t = pgm_shadow_by_oid(s, relid);
	return t && !t->dropped && strcmp(t->name, name) == 0 &&
		strcmp(t->schema, schema) == 0 ? t : NULL;
}

/* The relation of a name, whatever its kind; NULL when there is none. */
PgmTable *
pgm_shadow_table(PgmShadow *s, const RangeVar *rel)
{
	PgmTable   *t;
	ListCell   *lc;

	if (rel == NULL)
		return NULL;
	if (rel->schemaname)
		return table_in(s, rel->schemaname, rel->relname);
	t = known_table(s, TEMPORARY, rel->relname);
	if (t)
		return t;
	foreach(lc, pgm_shadow_path(s, true))
	{
		t = table_in(s, lfirst(lc), rel->relname);
		if (t)
			return t;
	}
	return NULL;
}

/* Is there a relation of the catalog that the plan did not rename or drop? */
static bool
exists_in(PgmShadow *s, const char *schema, const char *name)
{
	Oid			namespace = get_namespace_oid(schema, true);
	Oid			relid = OidIsValid(namespace) ?
		get_relname_relid(name, namespace) : InvalidOid;
	ListCell   *lc;

	if (known_table(s, schema, name) || strcmp(schema, TEMPORARY) == 0)
		return true;
	foreach(lc, s->tables)
	{
		if (OidIsValid(relid) && ((PgmTable *) lfirst(lc))->relid == relid)
			return false;
	}
	return OidIsValid(relid);
}

/* Is there a relation of this name?  It is not looked at, nor locked. */
bool
pgm_shadow_exists(PgmShadow *s, const RangeVar *rel)
{
	ListCell   *lc;

	if (rel->schemaname)
		return exists_in(s, rel->schemaname, rel->relname);
	if (known_table(s, TEMPORARY, rel->relname))
		return true;
	foreach(lc, pgm_shadow_path(s, true))
	{
		if (exists_in(s, lfirst(lc), rel->relname))
			return true;
	}
	return false;
}

/* An index of this name among those of a table that is known. */
static PgmIndex *
known_index(const PgmShadow *s, const RangeVar *rel)
{
	ListCell   *lt;
	ListCell   *li;

	foreach(lt, s->tables)
	{
		PgmTable   *t = lfirst(lt);

		if (t->dropped ||
			(rel->schemaname && strcmp(t->schema, rel->schemaname) != 0))
			continue;
		foreach(li, t->indexes)
		{
			PgmIndex   *index = lfirst(li);

			if (strcmp(index->name, rel->relname) == 0)
				return index;
		}
	}
	return NULL;
}

/* The index of a name, with its table; NULL when there is none. */
PgmIndex *
pgm_shadow_index(PgmShadow *s, const RangeVar *rel)
{
	PgmIndex   *index = known_index(s, rel);
	Oid			relid;
	PgmTable   *t;
	ListCell   *lc;

	if (index)
		return index;
	relid = RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
	relid = OidIsValid(relid) ? IndexGetRelation(relid, true) : InvalidOid;
	t = OidIsValid(relid) ? pgm_shadow_by_oid(s, relid) : NULL;
	if (t == NULL)
		return NULL;
	foreach(lc, t->indexes)
	{
		index = lfirst(lc);
		if (strcmp(index->name, rel->relname) == 0)
			return index;
	}
	return NULL;
}

/* The partitions or inheritors of a table, or the tables of a type; not theirs. */
List *
pgm_shadow_children(PgmShadow *s, PgmTable *t)
{
	ListCell   *lc;

	if (t->children_known || !OidIsValid(t->relid))
		return t->children;
	t->children_known = true;
	foreach(lc, t->kind == RELKIND_COMPOSITE_TYPE ?
			pgm_relations_typed(get_rel_type_id(t->relid)) :
			find_inheritance_children(t->relid, NoLock))
	{
		PgmTable   *child = pgm_shadow_by_oid(s, lfirst_oid(lc));

		if (child)
			t->children = list_append_unique_ptr(t->children, child);
	}
	return t->children;
}

/*
 * Add a table and its inheritors to a list, each once: with multiple inheritance
 * a table is reached by several ways.
 */
static List *
add_tree(PgmShadow *s, List *tree, PgmTable *t)
{
	ListCell   *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (t->dropped || list_member_ptr(tree, t))
		return tree;
	tree = lappend(tree, t);
	foreach(lc, pgm_shadow_children(s, t))
	{
		tree = add_tree(s, tree, lfirst(lc));
	}
	return tree;
}

/* A table and all that inherit from it. */
List *
pgm_shadow_tree(PgmShadow *s, PgmTable *t)
{
	return add_tree(s, NIL, t);
}
