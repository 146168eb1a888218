/*
 * recipes.c
 *	  Statements that change a table with rows in steps that block others only briefly.
 *
 * A recipe is made from text alone and returns a list of PgmRecipeStep in the order in
 * which they are executed.  Which table needs a recipe is decided by the caller, which
 * also converts the steps to its own form: lint to the text of several migrations, diff
 * to statements with flags.
 *
 * Names in arguments are quoted where necessary.  "alter" is the beginning of a statement
 * up to the name of the object, such as "ALTER TABLE t".
 */
#include "postgres.h"

#include "commands/defrem.h"

#include "recipes/recipes.h"

/* Make a step.  The caller sets its flags. */
static PgmRecipeStep *
make_step(PgmRecipePhase phase, const char *sql)
{
	PgmRecipeStep *step = palloc0(sizeof(PgmRecipeStep));

	step->phase = phase;
	step->sql = sql;
	return step;
}

/* Make a step that must not be executed in the transaction of the step before. */
static PgmRecipeStep *
make_step_apart(PgmRecipePhase phase, const char *sql)
{
	PgmRecipeStep *step = make_step(phase, sql);

	step->begins_transaction = true;
	return step;
}

/*
 * Return the steps of several recipes ordered by phase, so that their strong locks fall
 * into as few transactions as possible.  Within a phase the order stays as it is.
 */
static List *
order_by_phase(const List *steps)
{
	List	   *out = NIL;

	for (int phase = PGM_RECIPE_ADD; phase <= PGM_RECIPE_CLEAN; phase++)
	{
		ListCell   *lc;

		foreach(lc, steps)
		{
			if ((int) ((PgmRecipeStep *) lfirst(lc))->phase == phase)
				out = lappend(out, lfirst(lc));
		}
	}
	Assert(list_length(out) == list_length(steps));
	return out;
}

/*
 * Return "table_middle_suffix" as the server would choose it, not quoted; "middle" may be
 * NULL.  While "taken" says that the name is taken, a number is added to the suffix.
 */
char *
pgm_recipe_name(const char *table, const char *middle, const char *suffix,
				PgmRecipeNameTaken taken, void *arg)
{
	const char *label = suffix;

	for (int i = 1;; i++)
	{
		char	   *name;

		/*
		 * makeObjectName() shortens table and middle but never the label.  It
		 * must not be called if the label leaves no room for them: it would
		 * compute a negative length, and write behind the end of its buffer.
		 */
		if (strlen(label) + 1 < NAMEDATALEN - 1)
			name = makeObjectName(table, middle, label);
		else
			name = psprintf("_%s", label);
		if (taken == NULL || !taken(name, arg))
			return name;
		label = psprintf("%s%d", suffix, i);
	}
}

/*
 * Add a constraint without reading the table, and validate it later.  "name" is the name
 * of the constraint and "definition" what follows it.
 *
 * VALIDATE needs a transaction of its own: ADD CONSTRAINT holds its lock until the end of
 * the transaction, so the table would be read while others are blocked.
 */
List *
pgm_recipe_validate_later(const char *alter, const char *name, const char *definition)
{
	return list_make2(make_step(PGM_RECIPE_ADD,
								psprintf("%s ADD CONSTRAINT %s %s NOT VALID", alter, name, definition)),
					  make_step_apart(PGM_RECIPE_READ,
									  psprintf("%s VALIDATE CONSTRAINT %s", alter, name)));
}

/*
 * Add a foreign key to a partitioned table before PostgreSQL 18, where it cannot be NOT
 * VALID.  Each partition, altered by an element (char *) of "alter_parts", gets a foreign key
 * that is validated later.  ADD CONSTRAINT on the partitioned table then takes these over
 * instead of checking the rows (tryAttachPartitionForeignKey()), which needs equal definitions
 * and valid constraints.
 */
List *
pgm_recipe_partitioned_foreign_key(const List *alter_parts, const char *alter,
								   const char *name, const char *definition)
{
	List	   *steps = NIL;
	ListCell   *lc;

	foreach(lc, alter_parts)
	{
		steps = list_concat(steps, pgm_recipe_validate_later(lfirst(lc), name, definition));
	}
	steps = lappend(steps, make_step_apart(PGM_RECIPE_FINISH,
										   psprintf("%s ADD CONSTRAINT %s %s", alter, name, definition)));
	return order_by_phase(steps);
}

/*
 * Make a column NOT NULL without a scan under ACCESS EXCLUSIVE.  A CHECK is validated under
 * a lock that lets others write; SET NOT NULL finds the valid CHECK and skips its own scan,
 * so DROP CONSTRAINT must come after it.
 *
 * With "as_constraint", which needs PostgreSQL 18, NOT NULL itself is added NOT VALID and
 * remains as a constraint of that name.
 */
List *
pgm_recipe_not_null(const char *alter, const char *name, const char *column,
					bool as_constraint)
{
	List	   *steps;

	if (as_constraint)
		return pgm_recipe_validate_later(alter, name, psprintf("NOT NULL %s", column));
	steps = pgm_recipe_validate_later(alter, name, psprintf("CHECK (%s IS NOT NULL)", column));

	/*
	 * Apart, so that waiting in vain for ACCESS EXCLUSIVE does not undo the
	 * scan.
	 */
	steps = lappend(steps, make_step_apart(PGM_RECIPE_FINISH,
										   psprintf("%s ALTER COLUMN %s SET NOT NULL", alter, column)));
	return lappend(steps, make_step(PGM_RECIPE_CLEAN,
									psprintf("%s DROP CONSTRAINT %s", alter, name)));
}

/* Create an index.  CONCURRENTLY lets others write meanwhile. */
List *
pgm_recipe_index(const PgmRecipeIndex *index)
{
	PgmRecipeStep *step = make_step(PGM_RECIPE_READ,
									psprintf("CREATE %sINDEX %s%s ON %s", index->unique ? "UNIQUE " : "",
											 index->concurrently ? "CONCURRENTLY " : "",
											 index->name, index->on));

	step->nontransactional = index->concurrently;
	return list_make1(step);
}

/*
 * Add a UNIQUE or PRIMARY KEY constraint that takes over an index built before, while
 * others write.  The server renames the index to the constraint.
 *
 * A constraint that is replaced is dropped in the statement that adds the new one, so that
 * there is no moment at which the columns are not unique.
 */
List *
pgm_recipe_key(const PgmRecipeKey *key)
{
	PgmRecipeIndex index = {
		.name = key->index,
		.on = psprintf("%s %s", key->table, key->columns),
		.unique = true,
		.concurrently = key->concurrently
	};
	const char *drop = key->replaced ? psprintf("DROP CONSTRAINT %s, ", key->replaced) : "";

	return lappend(pgm_recipe_index(&index),
				   make_step(PGM_RECIPE_FINISH,
							 psprintf("%s %sADD CONSTRAINT %s %s USING INDEX %s%s",
									  key->alter, drop, key->name,
									  key->primary ? "PRIMARY KEY" : "UNIQUE",
									  key->index, key->attributes)));
}

/*
 * Give a table a CHECK until ATTACH PARTITION has been executed, which skips its scan if a
 * valid CHECK implies the partition bound.  ATTACH PARTITION is executed between the phases
 * READ and CLEAN.
 */
List *
pgm_recipe_temporary_check(const char *alter, const char *name, const char *condition)
{
	List	   *steps = pgm_recipe_validate_later(alter, name, psprintf("CHECK (%s)", condition));

	return lappend(steps, make_step(PGM_RECIPE_CLEAN,
									psprintf("%s DROP CONSTRAINT %s", alter, name)));
}

/*
 * Return the steps of an ATTACH PARTITION statement and of the CHECKs that save its scans,
 * which are the concatenated results of pgm_recipe_temporary_check().
 */
List *
pgm_recipe_attach(const List *checks, const char *attach)
{
	PgmRecipeStep *step = make_step(PGM_RECIPE_FINISH, attach);

	/*
	 * In the transaction of VALIDATE, ATTACH PARTITION would undo the scan if
	 * it could not get its locks.
	 */
	step->begins_transaction = checks != NIL;
	return order_by_phase(lappend(list_copy(checks), step));
}

/*
 * Attach the index of a partition to the index that was created ON ONLY the partitioned
 * table.  That one is invalid until each partition has an index attached to it.
 */
List *
pgm_recipe_attach_index(const char *parent, const char *part)
{
	return list_make1(make_step(PGM_RECIPE_FINISH,
								psprintf("ALTER INDEX %s ATTACH PARTITION %s", parent, part)));
}
