/*
 * caller_settings.c
 *	  The settings of the caller, carried over to a background worker.
 *
 * The server's SerializeGUCState() and RestoreGUCState() carry everything,
 * session_authorization and role included.  They cannot be used here: a worker that
 * is logged in as the scripts' role must not become the caller, and may not have the
 * right to.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

#include "compat.h"
#include "run/confine/caller_settings.h"

/*
 * Is it a setting that the caller's session may have to itself?  Those of other contexts
 * are the same in all processes, and one with its default is the default in the worker.
 * What RESET ALL spares belongs to a transaction, or is the role or the session user.
 */
static bool
is_carried(const struct config_generic *setting)
{
	return (setting->context == PGC_USERSET || setting->context == PGC_SUSET) &&
		setting->source != PGC_S_DEFAULT &&
		(setting->flags & GUC_NO_RESET_ALL) == 0;
}

/* The value of a setting in its base unit, without loss; NULL if it has none. */
static const char *
setting_value(struct config_generic *setting)
{
	/* the server would print six digits of a real */
	if (setting->vartype == PGC_REAL)
		return psprintf("%.17g", pgm_setting_real(setting));
	return GetConfigOption(setting->name, true, false);
}

/*
 * Append the caller's settings to a buffer, for pgm_callersettings_restore():
 * name, value, source and context of each; an empty name ends the list.
 */
void
pgm_callersettings_write(StringInfo buf)
{
	int			n;
	struct config_generic **settings = pgm_settings_list(&n);

	for (int i = 0; i < n; i++)
	{
		const char *value = is_carried(settings[i]) ? setting_value(settings[i]) : NULL;
		char		source[] = {settings[i]->source, settings[i]->scontext};

		if (value == NULL)
			continue;
		Assert(settings[i]->name[0] != '\0');
		appendBinaryStringInfo(buf, settings[i]->name,
							   strlen(settings[i]->name) + 1);
		appendBinaryStringInfo(buf, value, strlen(value) + 1);
		appendBinaryStringInfo(buf, source, sizeof(source));
	}
	appendStringInfoChar(buf, '\0');
}

/*
 * Set the settings that pgm_callersettings_write() has written; to be called in a
 * transaction.
 *
 * Each keeps its source, so that RESET in a script leads to the value that the caller's
 * session began with.  Each keeps the context it was set in, so that a setting of a
 * superuser is carried into the session of a role that could not set it.
 *
 * Raises the server's errors for values that are not allowed here.
 */
void
pgm_callersettings_restore(const char *settings)
{
	while (settings[0] != '\0')
	{
		const char *name = settings;
		const char *value = name + strlen(name) + 1;
		const char *source = value + strlen(value) + 1;

		(void) set_config_option(name, value, (GucContext) source[1],
								 (GucSource) source[0], GUC_ACTION_SET, true,
								 ERROR, true);
		settings = source + 2;
	}
}
