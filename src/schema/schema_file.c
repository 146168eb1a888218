/*
 * schema_file.c
 *	  Writing a schema to a file and reading it back.
 *
 * The scratch in which a model was built is gone after the call.  What came of it
 * is kept in a file, so that the next comparison need not build it again.
 * Objects are numbered in the order of the snapshot; dependencies name them by
 * number.
 */
#include "postgres.h"

#include "schema/kinds/kinds.h"
#include "schema/schema.h"
#include "schema/schema_file.h"
#include "schema/table_facts.h"
#include "schema/take_snapshot.h"
#include "util/text_hash.h"

/* An object and its number in the file */
typedef struct Numbered
{
	const PgmObject *object;	/* hash key; must be first */
	int			number;
} Numbered;

/* A hash from objects to their numbers. */
static HTAB *
number_objects(const PgmSnapshot *s)
{
	HASHCTL		ctl = {
		.keysize = sizeof(PgmObject *),
		.entrysize = sizeof(Numbered),
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *numbers = hash_create("numbers of objects", s->n, &ctl,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	for (int i = 0; i < s->n; i++)
		((Numbered *) hash_search(numbers, &s->object[i], HASH_ENTER, NULL))->number = i;
	return numbers;
}

/* The number of an object that is in the snapshot. */
static int
number_of(HTAB *numbers, const PgmObject *o)
{
	return ((Numbered *) hash_search(numbers, &o, HASH_FIND, NULL))->number;
}

static void
put_properties(PgmBytesOut *out, const PgmProperties *p)
{
	pgm_bytes_put_int(out, p->n);
	for (int i = 0; i < p->n; i++)
	{
		pgm_bytes_put_int(out, p->id[i]);
		pgm_bytes_put_int(out, p->form[i]);
	}
}

static void
get_properties(PgmBytesIn *in, PgmProperties *p)
{
	p->n = pgm_bytes_int(in);
	p->id = palloc(p->n * sizeof(PgmPropertyId));
	p->form = palloc(p->n * sizeof(PgmForm));
	for (int i = 0; i < p->n; i++)
	{
		p->id[i] = pgm_bytes_int(in);
		p->position[p->id[i]] = i;
		p->form[i] = pgm_bytes_int(in);
	}
}

static void
put_object(PgmBytesOut *out, const PgmObject *o)
{
	pgm_bytes_put_int(out, o->kind->id);
	pgm_bytes_put(out, &o->address, sizeof(ObjectAddress));
	pgm_bytes_put(out, &o->parent, sizeof(ObjectAddress));
	pgm_bytes_put_text(out, o->identity);
	for (int i = 0; i < o->properties->n; i++)
		pgm_bytes_put_text(out, o->value[i]);
}

static PgmObject *
get_object(PgmBytesIn *in, const PgmSnapshot *s)
{
	int			number = pgm_bytes_int(in);
	const PgmProperties *p = &s->properties[number];
	PgmObject  *o = palloc0(sizeof(PgmObject) + p->n * sizeof(char *));

	o->kind = pgm_kinds_get(number);
	o->properties = p;
	pgm_bytes_get(in, &o->address, sizeof(ObjectAddress));
	pgm_bytes_get(in, &o->parent, sizeof(ObjectAddress));
	o->identity = pgm_bytes_text(in);
	o->value = (const char **) (o + 1);
	for (int i = 0; i < p->n; i++)
		o->value[i] = pgm_bytes_text(in);
	return o;
}

static void
put_snapshot(PgmBytesOut *out, const PgmSnapshot *s)
{
	for (int i = 0; i < PGM_KIND_COUNT; i++)
		put_properties(out, &s->properties[i]);
	pgm_bytes_put_int(out, s->n);
	for (int i = 0; i < s->n; i++)
		put_object(out, s->object[i]);
}

static PgmSnapshot *
get_snapshot(PgmBytesIn *in)
{
	PgmSnapshot *s = pgm_snapshot_make();
	MemoryContext old = MemoryContextSwitchTo(s->context);
	int			n;

	for (int i = 0; i < PGM_KIND_COUNT; i++)
		get_properties(in, &s->properties[i]);
	n = pgm_bytes_int(in);
	for (int i = 0; i < n; i++)
		pgm_snapshot_add(s, get_object(in, s));
	MemoryContextSwitchTo(old);
	return s;
}

static void
put_dependencies(PgmBytesOut *out, const PgmSchema *s)
{
	HTAB	   *numbers = number_objects(s->snapshot);
	ListCell   *lc;

	pgm_bytes_put_int(out, list_length(s->dependencies));
	foreach(lc, s->dependencies)
	{
		const PgmDependency *d = lfirst(lc);

		pgm_bytes_put_int(out, number_of(numbers, d->from));
		pgm_bytes_put_int(out, number_of(numbers, d->to));
		pgm_bytes_put_int(out, d->by_default);
	}
	hash_destroy(numbers);
}

static void
get_dependencies(PgmBytesIn *in, PgmSchema *s)
{
	int			n = pgm_bytes_int(in);

	for (int i = 0; i < n; i++)
	{
		PgmDependency *d = palloc(sizeof(PgmDependency));

		d->from = s->snapshot->object[pgm_bytes_int(in)];
		d->to = s->snapshot->object[pgm_bytes_int(in)];
		d->by_default = pgm_bytes_int(in);
		s->dependencies = lappend(s->dependencies, d);
	}
}

static void
put_texts(PgmBytesOut *out, HTAB *texts)
{
	HASH_SEQ_STATUS status;
	PgmSchemaText *t;

	pgm_bytes_put_int(out, hash_get_num_entries(texts));
	hash_seq_init(&status, texts);
	while ((t = hash_seq_search(&status)) != NULL)
	{
		pgm_bytes_put_text(out, t->identity);
		pgm_bytes_put_text(out, t->text);
	}
}

static HTAB *
get_texts(PgmBytesIn *in)
{
	HTAB	   *texts = pgm_schema_make_texts();
	int			n = pgm_bytes_int(in);

	for (int i = 0; i < n; i++)
	{
		PgmSchemaText *t = pgm_texthash_enter(texts, pgm_bytes_text(in), NULL);

		t->text = pgm_bytes_text(in);
	}
	return texts;
}

/* Write a schema; errors of the file are noted in "out". */
void
pgm_schema_write_file(PgmBytesOut *out, const PgmSchema *s)
{
	put_snapshot(out, s->snapshot);
	put_dependencies(out, s);
	put_texts(out, s->volatiles);
	put_texts(out, s->bounds);
	put_texts(out, s->unreadables);
}

/*
 * Read a schema from a file, in the current memory context.  Facts about rows are
 * not in the file: they change with every INSERT, and the caller takes them from
 * the live schema.
 */
PgmSchema *
pgm_schema_read_file(PgmBytesIn *in)
{
	PgmSchema  *s = palloc0(sizeof(PgmSchema));

	s->snapshot = get_snapshot(in);
	get_dependencies(in, s);
	s->volatiles = get_texts(in);
	s->bounds = get_texts(in);
	s->unreadables = get_texts(in);
	return s;
}
