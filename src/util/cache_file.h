/*
 * cache_file.h
 *	  Binary files for caches: numbers and texts.
 */
#ifndef PGM_CACHE_FILE_H
#define PGM_CACHE_FILE_H

#include "port/pg_crc32c.h"

/* The length of a key, which is a SHA-256 in hexadecimal digits */
#define PGM_BYTES_KEY_LENGTH 64

/* A file being written; after a failure nothing more is written. */
typedef struct PgmBytesOut
{
	FILE	   *file;
	pg_crc32c	crc;
	bool		failed;
} PgmBytesOut;

/* The data of a file, and how far it has been read */
typedef struct PgmBytesIn
{
	const char *at;
	const char *end;
} PgmBytesIn;

/* cache_file.c */
extern void pgm_bytes_create(PgmBytesOut *out, const char *path, const char *key);
extern void pgm_bytes_put(PgmBytesOut *out, const void *data, Size length);
extern void pgm_bytes_put_int(PgmBytesOut *out, int32 number);
extern void pgm_bytes_put_text(PgmBytesOut *out, const char *text);
extern bool pgm_bytes_finish(PgmBytesOut *out);

extern bool pgm_bytes_read(PgmBytesIn *in, const char *path, const char *key);
extern void pgm_bytes_get(PgmBytesIn *in, void *data, Size length);
extern int32 pgm_bytes_int(PgmBytesIn *in);
extern const char *pgm_bytes_text(PgmBytesIn *in);

#endif							/* PGM_CACHE_FILE_H */
