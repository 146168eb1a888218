/*
 * cache_file.c
 *	  Binary files for caches: numbers and texts.
 *
 * A cache can be rebuilt, so nothing about its file is an error: a file that is
 * missing, has another key or a wrong checksum is treated as absent, and one that
 * cannot be written is not written.  A file consists of a header with the key, the
 * data, and a CRC.
 */
#include "postgres.h"

#include <sys/stat.h>

#include "storage/fd.h"

#include "util/cache_file.h"

/* Length of a key: a SHA-256 digest in hexadecimal */
#define KEY_LENGTH 64

/* To be changed whenever the data in a file, or its order, changes */
#define MAGIC "pgm\0 2\n"

typedef struct Head
{
	char		magic[sizeof(MAGIC)];
	char		key[KEY_LENGTH];
} Head;

static void
make_head(Head *head, const char *key)
{
	memcpy(head->magic, MAGIC, sizeof(MAGIC));
	memcpy(head->key, key, sizeof(head->key));
}

/* Begin a file for what belongs to a key of PGM_BYTES_KEY_LENGTH characters. */
void
pgm_bytes_create(PgmBytesOut *out, const char *path, const char *key)
{
	Head		head;

	out->file = AllocateFile(path, PG_BINARY_W);
	out->failed = out->file == NULL;
	INIT_CRC32C(out->crc);
	make_head(&head, key);
	pgm_bytes_put(out, &head, sizeof(head));
}

void
pgm_bytes_put(PgmBytesOut *out, const void *data, Size length)
{
	if (out->failed)
		return;
	COMP_CRC32C(out->crc, data, length);
	out->failed = fwrite(data, 1, length, out->file) != length;
}

void
pgm_bytes_put_int(PgmBytesOut *out, int32 number)
{
	pgm_bytes_put(out, &number, sizeof(number));
}

/* NULL is a text, too. */
void
pgm_bytes_put_text(PgmBytesOut *out, const char *string)
{
	char		there = string != NULL;

	pgm_bytes_put(out, &there, sizeof(there));
	if (string)
		pgm_bytes_put(out, string, strlen(string) + 1);
}

/* End the file.  Returns whether all of it could be written. */
bool
pgm_bytes_finish(PgmBytesOut *out)
{
	pg_crc32c	crc = out->crc;

	FIN_CRC32C(crc);
	pgm_bytes_put(out, &crc, sizeof(crc));
	if (out->file && FreeFile(out->file) != 0)
		out->failed = true;
	return !out->failed;
}

/* All of a file in the current memory context, or NULL */
static char *
read_all(FILE *file, const char *key, Size *length)
{
	Head		wanted;
	Head		head;
	struct stat status;
	char	   *data;

	make_head(&wanted, key);
	if (fread(&head, 1, sizeof(head), file) != sizeof(head) ||
		memcmp(&head, &wanted, sizeof(head)) != 0 ||
		fstat(fileno(file), &status) != 0 ||
		status.st_size < (off_t) (sizeof(head) + sizeof(pg_crc32c)))
		return NULL;
	*length = status.st_size;
	data = MemoryContextAllocHuge(CurrentMemoryContext, *length);
	memcpy(data, &head, sizeof(head));
	if (fread(data + sizeof(head), 1, *length - sizeof(head), file) == *length - sizeof(head))
		return data;
	pfree(data);
	return NULL;
}

static bool
checks(const char *data, Size length)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, data, length);
	FIN_CRC32C(crc);
	return memcmp(&crc, data + length, sizeof(crc)) == 0;
}

/*
 * Read a file into the current memory context, where texts remain.  Returns
 * whether there is one with this key.
 */
bool
pgm_bytes_read(PgmBytesIn *in, const char *path, const char *key)
{
	FILE	   *file = AllocateFile(path, PG_BINARY_R);
	Size		length = 0;
	char	   *data;

	if (file == NULL)
		return false;
	data = read_all(file, key, &length);
	FreeFile(file);
	if (data == NULL || !checks(data, length - sizeof(pg_crc32c)))
		return false;
	in->at = data + sizeof(Head);
	in->end = data + length - sizeof(pg_crc32c);
	return true;
}

void
pgm_bytes_get(PgmBytesIn *in, void *data, Size length)
{
	if (length > (Size) (in->end - in->at))
		elog(ERROR, "a file of pg_migrate ends before it should");
	memcpy(data, in->at, length);
	in->at += length;
}

int32
pgm_bytes_int(PgmBytesIn *in)
{
	int32		number;

	pgm_bytes_get(in, &number, sizeof(number));
	return number;
}

const char *
pgm_bytes_text(PgmBytesIn *in)
{
	const char *text;
	char		there;

	pgm_bytes_get(in, &there, sizeof(there));
	if (!there)
		return NULL;
	text = in->at;

	in->at += strlen(text) + 1;
	return text;
}
