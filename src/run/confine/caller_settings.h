/*
 * caller_settings.h
 *	  The settings of the caller, carried over to a background worker.
 */
#ifndef PGM_CALLER_SETTINGS_H
#define PGM_CALLER_SETTINGS_H

#include "lib/stringinfo.h"

extern void pgm_callersettings_write(StringInfo buf);
extern void pgm_callersettings_restore(const char *settings);

#endif							/* PGM_CALLER_SETTINGS_H */
