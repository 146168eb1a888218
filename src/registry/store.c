/*
 * store.c
 *	  Writing the migrate.* tables.
 *
 * The caller holds the run lock, so there is one writer at a time.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "libpq/libpq-be.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "registry/names.h"
#include "registry/registry.h"
#include "registry/spi.h"
