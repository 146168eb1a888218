/*
 * validate.c
 *	  Comparing migration files with the registry, without changing it.
 */
#include "postgres.h"

#include "registry/register.h"
#include "registry/registry.h"

/* Add a problem to the list. */
static List *
add_problem(List *problems, char *revision, char *problem)
{
	PgmRegistryProblem *p = palloc(sizeof(PgmRegistryProblem));

	p->revision = revision;
	p->problem = problem;
	return lappend(problems, p);
}

/*
 * The difference between a given migration and the registered one, which is NULL
 * when there is none; NULL if it is applied with the same content.
 */
static char *
compare_content(PgmMigration *m, const PgmSummary *old)
{
	m->checksum = pgm_migration_checksum(m);
	if (old == NULL)
		return "not registered";
	if (strcmp(old->checksum, m->checksum) == 0)
		return old->applied ? NULL : "registered, not applied";
	return old->applied ? "applied with other content" :
		"registered with other content, not applied";
}

/*
 * A list of PgmRegistryProblem: one for each migration that is not applied with
 * the given content, and one for each registered migration that is not given.
 */
List *
pgm_validate_bundle(List *migrations)
{
	List	   *problems = NIL;
	List	   *summaries = pgm_registry_summaries(NIL);
	PgmGraph   *given = pgm_graph_create(list_length(migrations));
	ListCell   *lc;

	pgm_registry_sort_summaries(summaries);
	foreach(lc, migrations)
	{
		PgmMigration *m = lfirst(lc);
		char	   *problem = compare_content(m, pgm_registry_find_summary(summaries, m->revision));

		/* the graph is only a set here: its hash finds an id at once */
		pgm_graph_add(given, m->revision, NULL, NIL, NIL, NIL);
		if (problem)
			problems = add_problem(problems, m->revision, problem);
	}
	foreach(lc, summaries)
	{
		PgmSummary *s = lfirst(lc);

		if (pgm_graph_find(given, s->revision) < 0)
			problems = add_problem(problems, s->revision, s->applied ?
								   "applied, but not in the bundle" :
								   "registered, but not in the bundle");
	}
	return problems;
}
