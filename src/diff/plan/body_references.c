/*
 * body_references.c
 *	  Soft dependencies: names that occur in the bodies of routines.
 *
 * The server records no dependencies of a body that is a string constant.  But it checks
 * the body when the routine is created (check_function_bodies), and executes it when an
 * object is created that calls the routine, such as a column with a default.  So objects
 * with names that occur in the body had better exist before.  Since a word may mean
 * something else, and routines may call each other, the dependency is soft: the sort
 * breaks it rather than fail.
 *
 * The body is scanned for words here rather than by the server's scanner, because words
 * inside string constants count too: a body may EXECUTE them.  Nor does it have to be SQL.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "parser/scansup.h"
#include "utils/builtins.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"
#include "util/text_hash.h"

/* Kinds of objects that a body can name */
static const PgmKindId relations[] = {
PGM_KIND_TABLE, PGM_KIND_FOREIGN_TABLE, PGM_KIND_VIEW, PGM_KIND_MATERIALIZED_VIEW, PGM_KIND_SEQUENCE};
static const PgmKindId others[] = {
PGM_KIND_FUNCTION, PGM_KIND_PROCEDURE, PGM_KIND_AGGREGATE, PGM_KIND_TYPE, PGM_KIND_DOMAIN};

/* The items with a name, in any schema */
typedef struct Named
{
	const char *name;			/* hash key; must be first */
	List	   *items;
} Named;

/* A word of a body */
typedef struct Word
{
	const char *name;			/* hash key; must be first */
	List	   *schemas;		/* that it is qualified with; "" if with none */
} Word;

static bool
is_relation(const PgmObject *o)
{
	return pgm_kind_is_one_of(o, relations, lengthof(relations));
}

/* The body of a routine with the AS before it, if it is a string, or NULL. */
static const char *
body_of(const PgmObject *o)
{
	const char *definition = pgm_kind_is(o, PGM_KIND_FUNCTION) || pgm_kind_is(o, PGM_KIND_PROCEDURE) ?
		pgm_object_value(o, PGM_PROP_DEFINITION) : NULL;

	return definition ? pgm_text_find(definition, "\nAS $") : NULL;
}

/* Index the items that a body can name by their names. */
static HTAB *
names_of(const PgmDiffPlan *p)
{
	HTAB	   *names = pgm_texthash_make("names of items", sizeof(Named));

	for (int i = 0; i < p->nitems; i++)
	{
		const PgmObject *o = p->item[i]->new.object;
		Named	   *named;
		bool		found;

		if (p->item[i]->sub_property || o == NULL ||
			!(is_relation(o) || pgm_kind_is_one_of(o, others, lengthof(others))))
			continue;
		named = pgm_texthash_enter(names, pgm_sql_last_name(o->identity), &found);
		if (!found)
			named->items = NIL;
		named->items = lappend(named->items, p->item[i]);
	}
	return names;
}

static bool
is_letter(char c)
{
	return isalpha((unsigned char) c) || c == '_' || IS_HIGHBIT_SET(c);
}

/*
 * Return the word at *at, quoted as identities are, or NULL if there is none, and advance
 * *at.  A dollar sign ends a word, although it may be part of a name: it may also be the
 * end of the body.
 */
static const char *
next_word(const char **at)
{
	const char *start = *at;
	int			n = 0;

	if (*start == '"')
	{
		n = pgm_sql_name_length(start);
		*at = start + Max(n, 1);
		return n > 2 ? quote_identifier(pgm_sql_unquoted(pnstrdup(start, n))) : NULL;
	}
	while (is_letter(start[n]) || (n > 0 && isdigit((unsigned char) start[n])))
		n++;
	*at = start + Max(n, 1);
	return n > 0 ? quote_identifier(downcase_identifier(start, n, false, true)) : NULL;
}

/* The words of a body, with their qualifications */
static HTAB *
words_of(const char *body)
{
	HTAB	   *words = pgm_texthash_make("words", sizeof(Word));
	const char *before = "";
	const char *at = body;

	while (*at)
	{
		const char *name = next_word(&at);
		Word	   *word;
		bool		found;

		if (name == NULL)
		{
			before = "";
			continue;
		}
		word = pgm_texthash_enter(words, name, &found);
		if (!found)
			word->schemas = NIL;
		word->schemas = list_append_unique(word->schemas, makeString(pstrdup(before)));
		before = *at == '.' ? name : "";
		at += *at == '.';
	}
	return words;
}

/* Add the actions that create or alter an item to a list. */
static List *
add_actions(List *list, const PgmDiffItem *a)
{
	PgmAction  *up = pgm_item_action(a, PGM_PHASE_CREATE);

	if (up)
		list = list_append_unique_ptr(list, up);
	if (a->action[PGM_PHASE_ALTER])
		list = list_append_unique_ptr(list, a->action[PGM_PHASE_ALTER]);
	return list;
}

/* Add the actions of those columns of a relation whose names occur, too. */
static List *
add_columns(List *list, const PgmDiffPlan *p, const PgmObject *relation, HTAB *words)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(p->new, relation, PGM_KIND_COLUMN))
	{
		const PgmObject *column = lfirst(lc);

		if (pgm_texthash_find(words, pgm_sql_last_name(column->identity)))
			list = add_actions(list, pgm_plan_find_item(p, column));
	}
	return list;
}

/* Can the word mean the object, by its qualification? */
static bool
is_meant(const Word *word, const PgmObject *o)
{
	char	   *schema = pnstrdup(o->identity, pgm_sql_name_length(o->identity));

	return list_member(word->schemas, makeString("")) ||
		list_member(word->schemas, makeString(schema));
}

/* The actions that create or alter objects whose names occur in the body of a routine */
static List *
actions_of_references(const PgmDiffPlan *p, HTAB *names, const PgmDiffItem *routine)
{
	HTAB	   *words = words_of(body_of(routine->new.object));
	List	   *list = NIL;
	HASH_SEQ_STATUS status;
	Word	   *word;

	hash_seq_init(&status, words);
	while ((word = hash_seq_search(&status)) != NULL)
	{
		const Named *named = pgm_texthash_find(names, word->name);
		ListCell   *lc;

		foreach(lc, named ? named->items : NIL)
		{
			const PgmDiffItem *a = lfirst(lc);
			const PgmObject *o = a->new.object;

			if (a == routine || !is_meant(word, o))
				continue;
			list = add_actions(list, a);
			if (is_relation(o))
				list = add_columns(list, p, o, words);
		}
	}
	hash_destroy(words);
	return list;
}

/* The action that makes an item call others: CREATE, or ALTER, or NULL */
static PgmAction *
action_of(const PgmDiffItem *a)
{
	PgmAction  *up = pgm_item_action(a, PGM_PHASE_CREATE);

	return up ? up : a->action[PGM_PHASE_ALTER];
}

/* Add soft dependencies of "then" on the actions of a list. */
static void
add_soft(List *list, PgmAction *then)
{
	ListCell   *lc;

	foreach(lc, list)
	{
		PgmAction  *first = lfirst(lc);

		if (first == then)
			continue;
		first->soft_successors = lappend(first->soft_successors, then);
		then->n_soft_predecessors++;
	}
}

/* The items that call what an item calls.  Using a domain checks its constraints. */
static List *
callers_of(const PgmDiffItem *a)
{
	if (a->sub_property == NULL && pgm_kind_is(a->new.object, PGM_KIND_DOMAIN_CONSTRAINT))
		return list_make1(a->new.parent);
	return a->new.used_by;
}

/*
 * The references of a routine come before it is created or altered.  If it is not, they
 * come before the actions that may be the first to call it: those of the items that use
 * it, directly or through items without actions.
 */
static void
add_soft_dependencies(const PgmDiffItem *routine, List *list)
{
	List	   *queue = list_make1(unconstify(PgmDiffItem *, routine));
	List	   *seen = list_copy(queue);

	while (queue != NIL)
	{
		const PgmDiffItem *a = llast(queue);
		PgmAction  *action = action_of(a);
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		queue = list_delete_last(queue);
		if (action)
		{
			add_soft(list, action);
			continue;
		}
		foreach(lc, callers_of(a))
		{
			if (list_member_ptr(seen, lfirst(lc)))
				continue;
			seen = lappend(seen, lfirst(lc));
			queue = lappend(queue, lfirst(lc));
		}
	}
}

/* Add the soft dependencies of all routines with string bodies. */
void
pgm_plan_add_soft_dependencies(PgmDiffPlan *p)
{
	HTAB	   *names;

	if (p->actions == NIL)
		return;
	names = names_of(p);
	for (int i = 0; i < p->nitems; i++)
	{
		const PgmDiffItem *a = p->item[i];
		List	   *list;

		CHECK_FOR_INTERRUPTS();
		if (a->sub_property || a->new.object == NULL || body_of(a->new.object) == NULL)
			continue;
		list = actions_of_references(p, names, a);
		if (list != NIL)
			add_soft_dependencies(a, list);
	}
	hash_destroy(names);
}
