/*
 * trust.h
 *	  Accepting content that was changed, or whose author is not trusted.
 */
#ifndef PGM_TRUST_H
#define PGM_TRUST_H

extern bool pgm_trust_could_act_as(const char *name, Oid role);
extern bool pgm_trust_repair(const char *revision);
extern const char *pgm_trust_content(const char *revision, const char *checksum);

#endif							/* PGM_TRUST_H */
