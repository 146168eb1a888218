/*
 * safe_add_column.c
 *	  ADD COLUMN in steps: first what no row has to be looked at for, then the
 *	  rest of its definition.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/expressions/expressions.h"
#include "lint/rules/safe_forms.h"
#include "lint/tables/parse_tree.h"

/* Is it an attribute of the constraint before it, such as DEFERRABLE? */
static bool
is_attribute(const Constraint *c)
{
	switch (c->contype)
	{
		case CONSTR_ATTR_DEFERRABLE:
		case CONSTR_ATTR_NOT_DEFERRABLE:
		case CONSTR_ATTR_DEFERRED:
		case CONSTR_ATTR_IMMEDIATE:
			return true;
		default:
			return false;
	}
}

/* Does each row get a value of its own, so that ADD COLUMN rewrites the table? */
bool
pgm_column_is_computed(const PgmStatementView *v, const ColumnDef *def)
{
	const Constraint *given = pgm_column_def_constraint(def, CONSTR_DEFAULT);
	PgmTypeRef	any = {.oid = InvalidOid};

	return pgm_column_def_is_serial(def) ||
		pgm_column_def_constraint(def, CONSTR_IDENTITY) ||
		(given && pgm_expression_volatile(v->shadow->functions, given->raw_expr, &any, def->colname));
}

/* Can ADD COLUMN have this constraint without reading the rows? */
static bool
is_harmless(const ColumnDef *def, const Constraint *c, bool computed)
{
	switch (c->contype)
	{
		case CONSTR_NULL:
		case CONSTR_GENERATED:
			return true;
		case CONSTR_DEFAULT:
			return !computed && pgm_column_def_has_value(def);
		case CONSTR_NOTNULL:
			return !computed && pgm_column_def_has_value(def);
		case CONSTR_FOREIGN:
			return computed || !pgm_column_def_has_value(def);
		default:
			return false;
	}
}

/* The attributes of a constraint, as they are written after it */
static char *
attributes_of(const PgmStatementView *v, const ColumnDef *def, const Constraint *c)
{
	StringInfoData out;
	bool		behind = false;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, def->constraints)
	{
		const Constraint *other = lfirst(lc);

		if (behind && is_attribute(other))
			appendStringInfo(&out, " %s", pgm_source_of_column(v, def, other));
		else
			behind = other == c;
	}
	return out.data;
}

/* The type of a new column as it is written; of serial what stands for it */
static const char *
integer_of(const ColumnDef *def)
{
	const char *name = strVal(llast(def->typeName->names));

	return strchr(name, '8') || name[0] == 'b' ? "bigint" :
		strchr(name, '2') || name[1] == 'm' ? "smallint" : "integer";
}

/* Add the column with those of its constraints that need no rows to be read. */
static void
add_column(PgmSafe *s, const PgmStatementView *v, const ColumnDef *def, bool computed)
{
	ListCell   *lc;

	pgm_safe_add(s, PGM_SAFE_BEGIN, "ALTER TABLE %s ADD COLUMN ", pgm_table_name(s->table));
	if (pgm_column_def_is_serial(def))
		pgm_safe_add(s, PGM_SAFE_BEGIN, "%s %s", quote_identifier(def->colname),
					 integer_of(def));
	else
		pgm_safe_add(s, PGM_SAFE_BEGIN, "%s", pgm_source_of_column(v, def, NULL));
	if (def->collClause)
		pgm_safe_add(s, PGM_SAFE_BEGIN, " COLLATE %s",
					 NameListToQuotedString(def->collClause->collname));
	foreach(lc, def->constraints)
	{
		const Constraint *c = lfirst(lc);

		if (is_harmless(def, c, computed))
			pgm_safe_add(s, PGM_SAFE_BEGIN, " %s%s", pgm_source_of_column(v, def, c),
						 attributes_of(v, def, c));
	}
	pgm_safe_add(s, PGM_SAFE_BEGIN, ";\n");
}

/* Create a sequence for the values of the column.  Returns its name. */
static const char *
add_sequence(PgmSafe *s, const ColumnDef *def)
{
	const char *name = quote_qualified_identifier(s->table->schema,
												  pgm_safe_name(s->shadow, s->table, def->colname, "seq"));

	pgm_safe_add(s, PGM_SAFE_BEGIN, "CREATE SEQUENCE %s", name);
	if (pgm_column_def_is_serial(def))
		pgm_safe_add(s, PGM_SAFE_BEGIN, " AS %s OWNED BY %s.%s", integer_of(def),
					 pgm_table_name(s->table), quote_identifier(def->colname));
	pgm_safe_add(s, PGM_SAFE_BEGIN, ";\n");
	return name;
}

/*
 * Make the column an identity.  GENERATED AS IDENTITY cannot take over a sequence,
 * so its own one is set to where the first has got to.
 */
static void
make_identity(PgmSafe *s, const PgmStatementView *v, const ColumnDef *def,
			  const Constraint *identity, const char *sequence)
{
	const char *table = pgm_table_name(s->table);
	const char *column = quote_identifier(def->colname);

	pgm_safe_add(s, PGM_SAFE_END, "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT, ALTER COLUMN %s ADD %s;\n"
				 "SELECT setval(pg_get_serial_sequence(%s, %s), nextval(%s));\nDROP SEQUENCE %s;\n",
				 table, column, column,
				 pgm_source_unnamed(pgm_source_of_column(v, def, identity)),
				 quote_literal_cstr(table), quote_literal_cstr(def->colname),
				 quote_literal_cstr(sequence), sequence);
}

/* Fill the column of existing rows in batches. */
static void
add_values(PgmSafe *s, const PgmStatementView *v, const ColumnDef *def)
{
	const Constraint *given = pgm_column_def_constraint(def, CONSTR_DEFAULT);
	const Constraint *identity = pgm_column_def_constraint(def, CONSTR_IDENTITY);
	const char *column = quote_identifier(def->colname);
	const char *sequence = given ? NULL : add_sequence(s, def);
	char	   *value;

	s->filled = true;
	if (given)
	{
		value = pgm_source_unnamed(pgm_source_of_column(v, def, given)) + strlen("default");
		value += strspn(value, " \t\r\n");
	}
	else
		value = psprintf("nextval(%s)", quote_literal_cstr(sequence));
	pgm_safe_add(s, PGM_SAFE_BEGIN, "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s;\n",
				 pgm_table_name(s->table), column, value);
	pgm_safe_add(s, PGM_SAFE_FILL, "CALL migrate.backfill(%s, %s, %s);\n",
				 quote_literal_cstr(pgm_table_name(s->table)),
				 quote_literal_cstr(psprintf("%s = %s", column, value)),
				 quote_literal_cstr(psprintf("%s IS NULL", column)));
	if (!given || pgm_column_def_constraint(def, CONSTR_NOTNULL) ||
		pgm_column_def_constraint(def, CONSTR_PRIMARY))
		pgm_safe_not_null(s, def->colname);
	if (identity)
		make_identity(s, v, def, identity, sequence);
}

/* Add a constraint that has to read the rows, in steps. */
static void
add_constraint(PgmSafe *s, const PgmStatementView *v, const ColumnDef *def,
			   const Constraint *c)
{
	const PgmTable *t = s->table;
	const char *column = quote_identifier(def->colname);
	char	   *text = pgm_source_unnamed(pgm_source_of_column(v, def, c));
	PgmKey		key = {c, list_make1(def->colname), attributes_of(v, def, c)};

	switch (c->contype)
	{
		case CONSTR_CHECK:
			pgm_safe_valid_later(s, c->conname ? c->conname :
								 pgm_safe_name(s->shadow, t, def->colname, "check"),
								 text);
			break;
		case CONSTR_FOREIGN:
			if (t->kind == RELKIND_PARTITIONED_TABLE && !PGM_PARTITIONED_KEY_NOT_VALID)
				pgm_safe_add(s, PGM_SAFE_BEGIN, "-- and the foreign key for each partition by itself, NOT VALID\n");
			else
				pgm_safe_valid_later(s, c->conname ? c->conname :
									 pgm_safe_name(s->shadow, t, def->colname, "fkey"),
									 psprintf("FOREIGN KEY (%s) %s%s", column, text, key.attributes));
			break;
		case CONSTR_UNIQUE:
		case CONSTR_PRIMARY:
			pgm_safe_key(s, &key);
			break;
		default:
			break;
	}
}

/* Is the column NOT NULL although ADD COLUMN gives it no value? */
static bool
is_required(const ColumnDef *def, bool computed)
{
	return !computed && !pgm_column_def_has_value(def) &&
		(pgm_column_def_constraint(def, CONSTR_NOTNULL) ||
		 pgm_column_def_constraint(def, CONSTR_PRIMARY));
}

/* The safe form of ADD COLUMN. */
char *
pgm_safe_column(const PgmStatementView *v, const ColumnDef *def)
{
	bool		computed = pgm_column_is_computed(v, def);
	PgmSafe		s;
	ListCell   *lc;

	pgm_safe_begin(&s, v);
	add_column(&s, v, def, computed);
	if (computed)
		add_values(&s, v, def);
	if (is_required(def, computed))
	{
		s.filled = true;
		pgm_safe_add(&s, PGM_SAFE_FILL, "-- when programs assign it, CALL migrate.backfill(...) for the rows that are there\n");
		pgm_safe_not_null(&s, def->colname);
	}
	foreach(lc, def->constraints)
	{
		if (!is_harmless(def, lfirst(lc), computed))
			add_constraint(&s, v, def, lfirst(lc));
	}
	return pgm_safe_text(&s);
}
