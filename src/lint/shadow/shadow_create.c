/*
 * shadow_create.c
 *	  CREATE TABLE and CREATE INDEX, done to the shadow: new tables, columns,
 *	  constraints and indexes, with the names that the server would give them.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/expressions/expressions.h"
#include "lint/shadow/shadow_internal.h"
#include "lint/tables/parse_tree.h"
#include "schema/index_name.h"
#include "script/script.h"

/* The schema that a new object of this name goes to. */
char *
pgm_shadow_creation_schema(const PgmShadow *s, const RangeVar *rel)
{
	List	   *path;

	if (rel->schemaname)
		return rel->schemaname;
	if (rel->relpersistence == RELPERSISTENCE_TEMP)
		return "pg_temp";
	path = pgm_shadow_path(s, false);
	return path ? linitial(path) : "public";
}

/* A relation that the plan makes */
PgmTable *
pgm_shadow_new(PgmShadow *s, const RangeVar *rel, char kind)
{
	PgmTable   *t = palloc0(sizeof(PgmTable));

	t->schema = pgm_shadow_creation_schema(s, rel);
	t->name = rel->relname;
	t->kind = kind;
	t->persistence = rel->relpersistence;
	t->children_known = true;
	t->made_in = s->transaction;
	t->made_by = s->statement;
	s->tables = lappend(s->tables, t);
	/* Indexes of partitions and of LIKE get names that the server makes up. */
	s->index_names_guessed = true;
	return t;
}

/* The name that the server gives to a constraint or an index without one. */
static char *
standard_name(const PgmTable *t, const char *column, const char *suffix)
{
	return makeObjectName(t->name, column, suffix);
}

/*
 * Add an index to a table; "c" is the constraint that it implements, or NULL.  A
 * constraint's index has the same name.
 */
static void
add_index(PgmShadow *s, PgmTable *t, char *name, List *columns,
		  const Constraint *c)
{
	PgmIndex   *index = palloc0(sizeof(PgmIndex));

	index->name = name;
	index->method = "btree";
	index->table = t;
	index->columns = columns;
	index->nkeys = list_length(columns);
	index->valid = true;
	index->deferrable = "";
	if (c)
	{
		index->deferrable = c->initdeferred ? " DEFERRABLE INITIALLY DEFERRED" :
			c->deferrable ? " DEFERRABLE" : "";
		index->nulls_not_distinct = c->nulls_not_distinct;
		index->constraint = name;
		index->unique = c->contype != CONSTR_EXCLUSION;
		index->primary = c->contype == CONSTR_PRIMARY;
		index->exclusion = c->contype == CONSTR_EXCLUSION;
	}
	t->indexes = lappend(t->indexes, index);
}

/* The columns of a constraint: its own, or the one it is written at */
static List *
constraint_columns(const Constraint *c, const char *column)
{
	return column ? list_make1(unconstify(char *, column)) :
		pgm_parse_tree_names(c->contype == CONSTR_FOREIGN ? c->fk_attrs : c->keys);
}

/* PRIMARY KEY makes its columns NOT NULL. */
void
pgm_shadow_forbid_nulls(PgmTable *t, List *columns)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		PgmColumn  *c = lfirst(lc) ? pgm_table_column(t, lfirst(lc), NULL) : NULL;

		if (c)
			c->not_null = true;
	}
}

/* Add a CHECK; "column" is the one it is written at, or NULL. */
static void
add_check(PgmShadow *s, PgmTable *t, const Constraint *c, const char *column)
{
	PgmCheck   *check = palloc0(sizeof(PgmCheck));
	List	   *columns;

	check->expr = pgm_expression_check(t, c->raw_expr);

	/*
	 * As in AddRelationNewConstraints(): a CHECK over one column has its
	 * name.
	 */
	columns = column ? NIL : pgm_table_check_column(t, check->expr);
	check->name = c->conname ? c->conname :
		standard_name(t, columns ? linitial(columns) : column, "check");
	check->valid = !c->skip_validation && pgm_constraint_enforced(c);
	check->made_in = s->transaction;
	t->checks = lappend(t->checks, check);
}

/* A NOT NULL of the table itself, which may be NOT VALID */
static void
add_not_null(PgmShadow *s, PgmTable *t, const Constraint *c, List *columns)
{
	AttrNumber	attnum;
	PgmColumn  *column = columns ? pgm_table_column(t, linitial(columns), &attnum) : NULL;
	char	   *name;

	if (!c->skip_validation)
		pgm_shadow_forbid_nulls(t, columns);
	else if (column && !column->not_null)
	{
		name = c->conname ? c->conname : standard_name(t, column->name, "not_null");
		pgm_table_add_not_null(t, column, attnum, name)->made_in = s->transaction;
	}
}

/* Add a foreign key; one to a table that is not known is left out. */
static void
add_key(PgmShadow *s, PgmTable *t, const Constraint *c, List *columns)
{
	PgmForeignKey *key = palloc0(sizeof(PgmForeignKey));

	key->name = c->conname ? c->conname :
		standard_name(t, pgm_index_name_of_columns(columns), "fkey");
	key->columns = columns;
	key->referenced = pgm_shadow_table(s, c->pktable);
	key->targets = c->pk_attrs ? pgm_parse_tree_names(c->pk_attrs) :
		pgm_table_primary_key(key->referenced);
	key->manner = pgm_foreign_key_manner(c->fk_upd_action, c->fk_del_action,
										 c->fk_matchtype, c->deferrable, c->initdeferred);
	key->valid = !c->skip_validation && pgm_constraint_enforced(c);
	key->made_in = s->transaction;
	if (key->referenced)
		t->keys = lappend(t->keys, key);
}

/* ADD CONSTRAINT ... USING INDEX: the index is renamed to the constraint. */
static void
adopt_index(PgmTable *t, const Constraint *c)
{
	ListCell   *lc;

	foreach(lc, t->indexes)
	{
		PgmIndex   *index = lfirst(lc);

		if (strcmp(index->name, c->indexname) != 0)
			continue;
		index->constraint = c->conname ? c->conname : index->name;
		index->name = index->constraint;
		index->primary = c->contype == CONSTR_PRIMARY;
		if (index->primary)
			pgm_shadow_forbid_nulls(t, index->columns);
	}
}

/* A constraint of a table, or of one of its columns */
void
pgm_shadow_add_constraint(PgmShadow *s, PgmTable *t, const Constraint *c,
						  const char *column)
{
	List	   *columns = constraint_columns(c, column);
	const char *middle = columns ? pgm_index_name_of_columns(columns) : NULL;

	if (c->indexname)
	{
		adopt_index(t, c);
		return;
	}
	if (c->conname == NULL || c->contype == CONSTR_NOTNULL)
		t->constraint_names_guessed = s->index_names_guessed = true;
	switch (c->contype)
	{
		case CONSTR_NOTNULL:
			add_not_null(s, t, c, columns);
			break;
		case CONSTR_CHECK:
			add_check(s, t, c, column);
			break;
		case CONSTR_FOREIGN:
			if (columns)
				add_key(s, t, c, columns);
			break;
		case CONSTR_PRIMARY:
			add_index(s, t, c->conname ? c->conname :
					  standard_name(t, NULL, "pkey"), columns, c);
			pgm_shadow_forbid_nulls(t, columns);
			break;
		case CONSTR_UNIQUE:
			add_index(s, t, c->conname ? c->conname :
					  standard_name(t, middle, "key"), columns, c);
			break;
		case CONSTR_EXCLUSION:
			add_index(s, t, c->conname ? c->conname :
					  standard_name(t, middle, "excl"), columns, c);
			break;
		default:
			break;
	}
}

/* The integer type of a serial column */
static TypeName *
column_type(const ColumnDef *def)
{
	const char *name = strVal(linitial(def->typeName->names));

	if (!pgm_column_def_is_serial(def))
		return def->typeName;
	return makeTypeNameFromOid(strchr(name, '8') || name[0] == 'b' ? INT8OID :
							   strchr(name, '2') || name[1] == 'm' ? INT2OID :
							   INT4OID, -1);
}

/*
 * A constraint of a column, with the DEFERRABLE and INITIALLY DEFERRED behind
 * it: the grammar leaves these in nodes of their own.
 */
static Constraint *
with_attributes(const List *constraints, int i)
{
	Constraint *c = copyObject(list_nth(constraints, i));

	while (++i < list_length(constraints) && IsA(list_nth(constraints, i), Constraint))
	{
		ConstrType	type = ((const Constraint *) list_nth(constraints, i))->contype;

		if (type == CONSTR_ATTR_DEFERRABLE || type == CONSTR_ATTR_DEFERRED)
			c->deferrable = true;
		else if (type != CONSTR_ATTR_IMMEDIATE && type != CONSTR_ATTR_NOT_DEFERRABLE)
			break;
		if (type == CONSTR_ATTR_DEFERRED)
			c->initdeferred = true;
	}
	return c;
}

void
pgm_shadow_add_column(PgmShadow *s, PgmTable *t, const ColumnDef *def)
{
	PgmColumn  *c = palloc0(sizeof(PgmColumn));
	bool		serial;
	ListCell   *lc;

	if (def->typeName == NULL)
		return;					/* WITH OPTIONS of a typed table: no new
								 * column */
	serial = pgm_column_def_is_serial(def);
	c->name = def->colname;
	c->type = pgm_shadow_type(s, column_type(def));
	if (def->collClause)
		c->type.collation = get_collation_oid(def->collClause->collname, true);
	c->not_null = def->is_not_null || serial;
	c->has_default = serial ||
		pgm_column_def_constraint(def, CONSTR_DEFAULT) != NULL;
	if (pgm_column_def_constraint(def, CONSTR_IDENTITY))
	{
		c->not_null = true;
		c->identity = ATTRIBUTE_IDENTITY_ALWAYS;
	}
	if (pgm_column_def_constraint(def, CONSTR_GENERATED))
		c->generated = ATTRIBUTE_GENERATED_STORED;
	c->is_new = true;
	c->script = s->script;
	t->columns = lappend(t->columns, c);
	foreach(lc, def->constraints)
	{
		if (IsA(lfirst(lc), Constraint))
			pgm_shadow_add_constraint(s, t, with_attributes(def->constraints, foreach_current_index(lc)),
									  def->colname);
	}
}

/* Copy the columns of a parent, or of a table in LIKE; one of a name is merged. */
static void
copy_columns(PgmTable *t, const PgmTable *from)
{
	ListCell   *lc;

	t->columns_known = t->columns_known && from && from->columns_known;
	foreach(lc, from ? from->columns : NIL)
	{
		const PgmColumn *c = lfirst(lc);
		PgmColumn  *copy;

		if (c->name == NULL || pgm_table_column(t, c->name, NULL))
			continue;
		copy = palloc(sizeof(PgmColumn));
		*copy = *c;
		copy->is_new = true;
		t->columns = lappend(t->columns, copy);
	}
}

/*
 * CREATE TABLE.  The columns are added before the constraints, because a table's
 * constraint may name a column that is written after it, and a partition gets the
 * keys of its parent at last, so that equal ones of its own are taken over.
 */
void
pgm_shadow_create(PgmShadow *s, const CreateStmt *stmt)
{
	PgmTable   *t;
	ListCell   *lc;

	if (stmt->if_not_exists && pgm_shadow_table(s, stmt->relation))
		return;
	t = pgm_shadow_new(s, stmt->relation, stmt->partspec ?
					   RELKIND_PARTITIONED_TABLE : RELKIND_RELATION);
	t->is_partition = stmt->partbound != NULL;
	t->is_default = stmt->partbound && stmt->partbound->is_default;
	t->columns_known = stmt->ofTypename == NULL;
	foreach(lc, stmt->inhRelations)
	{
		PgmTable   *parent = pgm_shadow_table(s, lfirst(lc));

		copy_columns(t, parent);
		if (parent == NULL)
			continue;
		(void) pgm_shadow_children(s, parent);
		parent->children = lappend(parent->children, t);
	}
	foreach(lc, stmt->tableElts)
	{
		if (IsA(lfirst(lc), ColumnDef))
			pgm_shadow_add_column(s, t, lfirst(lc));
		else if (IsA(lfirst(lc), TableLikeClause))
			copy_columns(t, pgm_shadow_table(s, ((TableLikeClause *) lfirst(lc))->relation));
	}
	foreach(lc, stmt->tableElts)
	{
		if (IsA(lfirst(lc), Constraint))
			pgm_shadow_add_constraint(s, t, lfirst(lc), NULL);
	}
	foreach(lc, stmt->constraints)
	{
		pgm_shadow_add_constraint(s, t, lfirst(lc), NULL);
	}
	foreach(lc, stmt->partbound ? stmt->inhRelations : NIL)
	{
		PgmTable   *parent = pgm_shadow_table(s, lfirst(lc));

		if (parent)
			pgm_shadow_join(s, parent, t);
	}
}

/* Does an index say more about a column than its name? */
static bool
has_special_columns(const IndexStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->indexParams)
	{
		const IndexElem *element = lfirst_node(IndexElem, lc);

		if (element->opclass || element->collation)
			return true;
	}
	return false;
}

/* CREATE INDEX */
void
pgm_shadow_create_index(PgmShadow *s, const IndexStmt *stmt)
{
	PgmTable   *t = pgm_shadow_table(s, stmt->relation);
	List	   *columns = NIL;
	PgmIndex   *index;
	ListCell   *lc;

	if (t == NULL)
		return;
	foreach(lc, stmt->indexParams)
	{
		columns = lappend(columns, lfirst_node(IndexElem, lc)->name);
	}
	add_index(s, t, stmt->idxname ? stmt->idxname :
			  standard_name(t, pgm_index_name_middle(stmt), "idx"),
			  columns, NULL);
	s->index_names_guessed = s->index_names_guessed || stmt->idxname == NULL ||
		t->kind == RELKIND_PARTITIONED_TABLE;
	index = llast(t->indexes);
	index->unique = stmt->unique;
	index->method = stmt->accessMethod;
	index->partial = stmt->whereClause != NULL;
	index->expressions = list_member_ptr(columns, NULL);
	index->nulls_not_distinct = stmt->nulls_not_distinct;
	index->exprs = index->expressions ? pgm_expression_of_index(t, stmt) : NIL;
	index->special = has_special_columns(stmt);
	index->concurrently = stmt->concurrent;
	if (t->kind != RELKIND_PARTITIONED_TABLE)
		return;
	/* ON ONLY: not valid until each partition has its part attached */
	if (stmt->relation->inh)
		pgm_shadow_spread_index(s, t, index);
	else
		index->valid = pgm_shadow_children(s, t) == NIL;
}
