/*
 * literals.c
 *	  Analysing an expression without reading its literals.
 *
 * The parser calls the input function of a type as soon as it knows the type of
 * a literal.  That of an array, a row or a range of a domain runs the domain's
 * CHECKs, and what type a literal gets is decided by the functions and operators
 * around it, which are found by name: no look at the raw tree can tell which will
 * be found a moment later.  So each string is replaced by a parameter, which the
 * parser is told is a null constant of unknown type.  It decides everything as for
 * the literal, and finds no text to hand to an input function.
 *
 * In the analysed tree, whose types are settled, those literals are read whose
 * type is the server's own; another one becomes a Param, a value that is not
 * known.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_node.h"
#include "utils/lsyscache.h"

#include "lint/expressions/literals.h"
#include "schema/builtin_functions.h"

StaticAssertDecl(sizeof(ParamRef) <= sizeof(A_Const), "a ParamRef is put in the place of an A_Const");

/*
 * Literals are told from the nulls of the text, and from each other, by the
 * location, which analysis hands on.  These are beyond the end of any text.
 */
#define FIRST_LOCATION (1 << 30)

/*
 * Replace the strings in a raw tree, in place, for there is no mutator for raw
 * trees.  The modifiers of types are left: they are constants that the type's own
 * function reads, and that is written in C.
 */
static bool
take(Node *node, void *context)
{
	PgmLiterals *l = context;
	A_Const    *c = (A_Const *) node;

	if (node == NULL || IsA(node, TypeName))
		return false;
	if (IsA(node, A_Const) && !c->isnull && IsA(&c->val, String))
	{
		ParamRef   *param = (ParamRef *) node;

		l->strings = lappend(l->strings, strVal(&c->val));
		memset(node, 0, sizeof(A_Const));
		NodeSetTag(node, T_ParamRef);
		param->number = -list_length(l->strings);
		param->location = FIRST_LOCATION + list_length(l->strings) - 1;
		return false;
	}
	return raw_expression_tree_walker(node, take, context);
}

/* A literal as the parser meets it; any other parameter is left to the parser. */
static Node *
as_unknown(ParseState *pstate, ParamRef *param)
{
	Const	   *c;

	if (param->number >= 0)
		return NULL;
	Assert(-param->number <= list_length(((PgmLiterals *) pstate->p_ref_hook_state)->strings));
	c = makeConst(UNKNOWNOID, -1, InvalidOid, -2, (Datum) 0, true, false);
	c->location = param->location;
	return (Node *) c;
}

/* Make the parser see literals as nulls of unknown type. */
void
pgm_literals_setup(ParseState *pstate, void *literals)
{
	pstate->p_paramref_hook = as_unknown;
	pstate->p_ref_hook_state = literals;
}

/* A copy of a raw tree without its literals, which are added to "l". */
Node *
pgm_literals_take(PgmLiterals *l, Node *raw)
{
	raw = copyObject(raw);
	(void) take(raw, l);
	return raw;
}

/* A literal, read as its type if that is the server's own */
static Node *
put(const Const *c, const char *string)
{
	static int	unknown = 0;
	Const	   *result;
	Param	   *param;
	Oid			function;
	Oid			parameter;

	if (pgm_type_is_builtin(c->consttype))
	{
		result = copyObject(unconstify(Const *, c));
		getTypeInputInfo(c->consttype, &function, &parameter);
		result->constvalue = OidInputFunctionCall(function, unconstify(char *, string),
												  parameter, c->consttypmod);
		if (result->constlen == -1)
			result->constvalue = PointerGetDatum(PG_DETOAST_DATUM(result->constvalue));
		result->constisnull = false;
		result->location = -1;
		return (Node *) result;
	}
	param = makeNode(Param);
	param->paramkind = PARAM_EXTERN;
	param->paramid = ++unknown; /* equal to no other one */
	param->paramtype = c->consttype;
	param->paramtypmod = c->consttypmod;
	param->paramcollid = c->constcollid;
	param->location = -1;
	return (Node *) param;
}

/* Put the literals into an analysed expression, or a list of such. */
Node *
pgm_literals_put(Node *node, void *literals)
{
	PgmLiterals *l = literals;

	if (node == NULL)
		return NULL;
	if (IsA(node, Const) && ((Const *) node)->constisnull &&
		((Const *) node)->location >= FIRST_LOCATION)
		return put((Const *) node,
				   list_nth(l->strings, ((Const *) node)->location - FIRST_LOCATION));
	return expression_tree_mutator(node, pgm_literals_put, l);
}
