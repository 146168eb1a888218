/*
 * choose_schemas.h
 *	  Choose the schemas that are compared, and those that are created.
 */
#ifndef PGM_CHOOSE_SCHEMAS_H
#define PGM_CHOOSE_SCHEMAS_H

#include "diff/autogenerate_context.h"

extern void pgm_choose_schemas(PgmAutogenerate *a);
extern void pgm_report_schemas_left_out(const PgmAutogenerate *a);
extern List *pgm_schemas_created_by_model(const PgmAutogenerate *a);
extern List *pgm_schemas_created_by_baseline(const PgmAutogenerate *a);

#endif							/* PGM_CHOOSE_SCHEMAS_H */
