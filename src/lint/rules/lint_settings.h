/*
 * lint_settings.h
 *	  The configuration parameters of lint.
 */
#ifndef PGM_LINT_SETTINGS_H
#define PGM_LINT_SETTINGS_H

/* What happens when lint finds something */
typedef enum PgmLintAction
{
	PGM_LINT_OFF,
	PGM_LINT_WARN,
	PGM_LINT_ERROR
} PgmLintAction;

extern int	pgm_lint_small_table;	/* kB */
extern int	pgm_lint_probe_timeout; /* ms */
extern int	pgm_lint_on_load;	/* PgmLintAction */
extern int	pgm_lint_on_upgrade;

extern void pgm_lint_settings_define(void);

#endif							/* PGM_LINT_SETTINGS_H */
