/*
 * snapshot_json.c
 *	  Snapshots as JSON and back, so that a user can store one.
 *
 * The definition of an object is a JSON object of the properties that are set:
 * flags are true, text is a string, lists and numbers are themselves.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "schema/kinds/kinds.h"
#include "schema/take_snapshot.h"

/* The properties of an object that are set, as a JSON object. */
Jsonb *
pgm_object_to_json(const PgmSnapshot *s, const PgmObject *o)
{
	const PgmProperties *p = &s->properties[o->kind->id];
	StringInfoData out;
	Datum		json;

	initStringInfo(&out);
	for (int i = 0; i < p->n; i++)
	{
		if (o->value[i] == NULL)
			continue;
		appendStringInfoChar(&out, out.len == 0 ? '{' : ',');
		escape_json(&out, pgm_property_name(p->id[i]));
		appendStringInfoChar(&out, ':');
		if (p->form[i] == PGM_FORM_SQL || p->form[i] == PGM_FORM_WORDS)
			escape_json(&out, o->value[i]);
		else
			appendStringInfoString(&out, o->value[i]);
	}
	appendStringInfoString(&out, out.len == 0 ? "{}" : "}");
	json = DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data));
	pfree(out.data);
	return DatumGetJsonbP(json);
}

/* Raise 22023: the JSON is not a snapshot of this version. */
static void
reject_json(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("this is not a snapshot of the schema as this version takes it"),
			 errdetail("%s", detail),
			 errhint("Take one with SELECT jsonb_agg(o) FROM migrate.schema_objects() o.")));
}

/* The value of a key as a string, or NULL if it is missing or no string. */
static char *
string_at(JsonbContainer *object, const char *key)
{
	JsonbValue	buffer;
	JsonbValue *v = getKeyJsonValueFromContainer(object, key, strlen(key),
												 &buffer);

	if (v == NULL || v->type != jbvString)
		return NULL;
	return pnstrdup(v->val.string.val, v->val.string.len);
}

/* Is this a list of strings? */
static bool
is_name_list(const JsonbValue *v)
{
	if (v->type != jbvBinary || !JsonContainerIsArray(v->val.binary.data))
		return false;
	for (uint32 i = 0; i < JsonContainerSize(v->val.binary.data); i++)
		if (getIthJsonbValueFromContainer(v->val.binary.data, i)->type != jbvString)
			return false;
	return true;
}

/* May a property of this form have this value? */
static bool
fits_form(const JsonbValue *v, PgmForm form)
{
	switch (form)
	{
		case PGM_FORM_SQL:
		case PGM_FORM_WORDS:
			return v->type == jbvString;
		case PGM_FORM_FLAG:
			return v->type == jbvBool && v->val.boolean;
		case PGM_FORM_JSON:
			return v->type == jbvBinary || v->type == jbvNumeric;
		case PGM_FORM_ORDER:
			return is_name_list(v);
	}
	return false;
}

/* The text of a property in a snapshot, from its JSON value. */
static char *
value_from_json(JsonbValue *v, PgmForm form)
{
	if (!fits_form(v, form))
		reject_json("A property has a value of another type.");
	if (v->type == jbvString)
		return pnstrdup(v->val.string.val, v->val.string.len);
	return JsonbToCString(NULL, &JsonbValueToJsonb(v)->root, 0);
}

/* The kind with a name. */
static PgmKindId
kind_of(const char *name)
{
	PgmKindId	kind = pgm_kind_by_name(name);

	if (kind == PGM_KIND_ANY)
		reject_json(psprintf("There are no objects of kind \"%s\".", name));
	return kind;
}

/* Read the properties of an object.  Raises 22023 for an unknown one. */
static void
read_properties(PgmObject *o, const PgmProperties *p, JsonbContainer *definition)
{
	uint32		found = 0;

	o->value = palloc0(p->n * sizeof(char *));
	for (int i = 0; i < p->n; i++)
	{
		const char *name = pgm_property_name(p->id[i]);
		JsonbValue	buffer;
		JsonbValue *v = getKeyJsonValueFromContainer(definition, name,
													 strlen(name), &buffer);

		if (v == NULL)
			continue;
		o->value[i] = value_from_json(v, p->form[i]);
		found++;
	}
	if (found != JsonContainerSize(definition))
		reject_json(psprintf("%s %s has a property that this version does not know.",
							 pgm_kind_name(o->kind->id), o->identity));
}

/* An object from its JSON form, in the current memory context. */
static PgmObject *
object_from_json(const PgmSnapshot *like, JsonbContainer *object)
{
	PgmObject  *o = palloc0(sizeof(PgmObject));
	char	   *kind = string_at(object, "kind");
	JsonbValue	buffer;
	JsonbValue *definition = getKeyJsonValueFromContainer(object, "definition",
														  strlen("definition"),
														  &buffer);

	o->identity = string_at(object, "identity");
	if (kind == NULL || o->identity == NULL || definition == NULL ||
		definition->type != jbvBinary ||
		!JsonContainerIsObject(definition->val.binary.data))
		reject_json("An element is not an object of kind, identity and definition.");
	o->kind = pgm_kinds_get(kind_of(kind));
	o->properties = &like->properties[o->kind->id];
	read_properties(o, &like->properties[o->kind->id],
					definition->val.binary.data);
	return o;
}

/*
 * A snapshot from the rows of migrate.schema_objects(), without addresses.  "like"
 * is a snapshot taken now; it says which properties the kinds have.
 *
 * Raises 22023 if the JSON is not a list of such rows.
 */
PgmSnapshot *
pgm_snapshot_from_json(Jsonb *rows, const PgmSnapshot *like)
{
	PgmSnapshot *s = pgm_snapshot_make();
	MemoryContext old = MemoryContextSwitchTo(s->context);

	if (!JB_ROOT_IS_ARRAY(rows) || JB_ROOT_IS_SCALAR(rows))
		reject_json("It is not a list.");
	memcpy(s->properties, like->properties,
		   PGM_KIND_COUNT * sizeof(PgmProperties));
	for (uint32 i = 0; i < JB_ROOT_COUNT(rows); i++)
	{
		JsonbValue *v = getIthJsonbValueFromContainer(&rows->root, i);

		CHECK_FOR_INTERRUPTS();
		if (v->type != jbvBinary || !JsonContainerIsObject(v->val.binary.data))
			reject_json("An element is not an object.");
		pgm_snapshot_add(s, object_from_json(like, v->val.binary.data));
	}
	pgm_snapshot_sort(s);
	MemoryContextSwitchTo(old);
	return s;
}
