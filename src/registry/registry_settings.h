/*
 * registry_settings.h
 *	  The configuration parameter of the registry.
 */
#ifndef PGM_REGISTRY_SETTINGS_H
#define PGM_REGISTRY_SETTINGS_H

extern bool pgm_accept_replicated_position;

extern void pgm_registry_settings_define(void);

#endif							/* PGM_REGISTRY_SETTINGS_H */
