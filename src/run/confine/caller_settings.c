/*
 * caller_settings.c
 *	  The settings of the caller, carried over to a background worker.
 *
 * The server's SerializeGUCState() and RestoreGUCState() carry everything,
 * session_authorization and role included.  They are of no use here: a worker
 * that is logged in as the scripts' role must not become the caller, and is not
 * allowed to.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

#include "compat.h"
#include "run/confine/caller_settings.h"

/*
 * Is it a setting of the session?  Those of other contexts are the same in all
 * processes.  What RESET ALL spares belongs to a transaction or says who is
 * logged in.
 */
static bool
is_carried(const struct config_generic *setting)
{
	return (setting->context == PGC_USERSET || setting->context == PGC_SUSET) &&
		setting->source != PGC_S_DEFAULT &&
		(setting->flags & GUC_NO_RESET_ALL) == 0;
}

/* Its value in its base unit, or NULL; numbers without a loss. */
static const char *
value_of(struct config_generic *setting)
{
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
		const char *value = is_carried(settings[i]) ? value_of(settings[i]) : NULL;
		char		source[] = {settings[i]->source, settings[i]->scontext};

		if (value == NULL)
			continue;
		appendBinaryStringInfo(buf, settings[i]->name,
							   strlen(settings[i]->name) + 1);
		appendBinaryStringInfo(buf, value, strlen(value) + 1);
		appendBinaryStringInfo(buf, source, sizeof(source));
	}
	appendStringInfoChar(buf, '\0');
}

/*
 * Set what was written, in a transaction.  Each keeps its source, so that RESET
 * in a script leads to what the caller's session began with; and the context it
 * was set in, so that a setting of a superuser's is carried into the session of
 * a role that could not set it.
 *
 * Raises what the server raises for a value that is not allowed here.
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
