/*
 * parse_tree.h
 *	  Questions about raw parse trees that need neither the catalogs nor the
 *	  plan.
 */
#ifndef PGM_PARSE_TREE_H
#define PGM_PARSE_TREE_H

#include "nodes/parsenodes.h"

extern const Constraint *pgm_column_def_constraint(const ColumnDef *def,
												   ConstrType type);
extern bool pgm_column_def_has_value(const ColumnDef *def);
extern bool pgm_column_def_is_serial(const ColumnDef *def);
extern List *pgm_parse_tree_names(const List *strings);
extern const char *pgm_foreign_key_manner(char update, char delete, char match,
										  bool deferrable, bool deferred);
extern char *pgm_create_schema_name(const CreateSchemaStmt *stmt);
extern List *pgm_create_schema_elements(const CreateSchemaStmt *stmt);

#endif							/* PGM_PARSE_TREE_H */
