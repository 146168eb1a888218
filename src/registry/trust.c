/*
 * trust.c
 *	  Accepting content: of an applied migration that was changed, and of a
 *	  migration whose author could not act as the role that runs it.
 *
 * Both are decisions of a person about one checksum, so both are logged.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "compat.h"
#include "errors.h"
#include "files/migration.h"
#include "registry/registry.h"
#include "registry/trust.h"

/*
 * Could the role of this name, if there is one, act as another role?  NULL, and
 * a role that was dropped, cannot.
 */
bool
pgm_trust_could_act_as(const char *name, Oid role)
{
	Oid			oid = name ? get_role_oid(name, true) : InvalidOid;

	return OidIsValid(oid) && pgm_can_act_as(oid, role);
}

/*
 * Accept changed content of an applied migration the next time it is registered;
 * or, if the stored content no longer has the stored checksum, correct the
 * checksum.  Returns whether the former was done.  The caller holds the run lock.
 *
 * Raises MG001 for an unknown revision, MG015 for one that is not applied.
 */
bool
pgm_trust_repair(const char *revision)
{
	PgmStored  *s = pgm_registry_find_exactly(revision);
	char	   *checksum;
	bool		corrupt;

	if (!s->applied)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_REVISION_IN_USE),
				 errmsg("migration \"%s\" is not applied", revision),
				 errdetail("Nothing has to be repaired."),
				 errhint("Load its file: what is not applied is replaced.")));
	checksum = pgm_migration_checksum(&s->m);
	corrupt = strcmp(checksum, s->m.checksum) != 0;
	pgm_registry_set_repairable(revision, corrupt ? checksum : NULL);
	pgm_registry_log_remark("repair", revision, checksum);
	return !corrupt;
}

/* Refuse to trust content that differs from what the user has read. */
static void
check_trusted_content(const PgmStored *s, const char *checksum)
{
	const char *revision = s->m.revision;

	if (strcmp(pgm_migration_checksum(&s->m), s->m.checksum) != 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_CONTENT_CHANGED),
				 errmsg("the content of migration \"%s\" does not fit its checksum",
						revision),
				 errdetail("It was changed in the table migrate.revision."),
				 errhint("See SELECT * FROM migrate.check_registry().")));
	if (checksum && strcmp(checksum, s->m.checksum) != 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_CONTENT_CHANGED),
				 errmsg("the content of migration \"%s\" is not the content to be trusted",
						revision),
				 errdetail("Registered, by \"%s\", is %s, given is %s.",
						   s->registered_by, s->m.checksum, checksum),
				 errhint("Read what is registered now, with its checksum: SELECT migrate.export(%s).",
						 quote_literal_cstr(psprintf("%s:%s", revision, revision)))));
}

/*
 * Let the current user vouch for the content of a migration; returns the
 * checksum of what is trusted.  With "checksum" not NULL the content must have
 * that checksum.  The caller holds the run lock.
 *
 * Raises MG001 for an unknown revision, MG011 when the registered content has
 * another checksum.
 */
const char *
pgm_trust_content(const char *revision, const char *checksum)
{
	PgmStored  *s = pgm_registry_find_exactly(revision);

	check_trusted_content(s, checksum);

	/*
	 * One name is stored.  If the role that vouched before could act as the
	 * current user, every run that the current user's word admits is admitted
	 * already; to store the lesser role would refuse runs that were allowed.
	 */
	if (!pgm_trust_could_act_as(s->trusted_by, GetUserId()))
		pgm_registry_set_trusted(revision, s->m.checksum);
	pgm_registry_log_remark("trust", revision, s->m.checksum);
	return s->m.checksum;
}
