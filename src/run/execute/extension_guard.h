/*
 * extension_guard.h
 *	  The extension is not dropped or altered while it runs a migration.
 */
#ifndef PGM_EXTENSION_GUARD_H
#define PGM_EXTENSION_GUARD_H

#include "nodes/parsenodes.h"

extern bool pgm_drops_extension(const DropStmt *drop);

#endif							/* PGM_EXTENSION_GUARD_H */
