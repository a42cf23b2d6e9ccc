#include "oracle/input.h"

#include "base/keccak.h"
#include "oracle/file.h"

#include <stdlib.h>

static enum err
book_place(struct input_book *b, uint32_t capacity)
{
	struct vault *vaults = calloc(capacity, sizeof(*vaults));
	uint32_t *hash = calloc(2 * (size_t)capacity, sizeof(*hash));

	if (!vaults || !hash) {
		free(vaults);
		free(hash);
		return ERR_LIMIT;
	}
	book_init(&b->book, vaults, hash, capacity);
	return ERR_OK;
}

static enum err
book_parse(struct input_book *b, const char *path, const char *text,
    size_t len, uint32_t vaults_max)
{
	uint32_t capacity = 1;
	size_t count = vaults_max;
	enum err e = ERR_OK;

	if (vaults_max == 0)
		e = bookfile_vault_count(&count, text, len, path, stderr);
	if (e != ERR_OK)
		return e;
	if (count > BOOK_VAULTS_MAX) {
		fprintf(stderr, "%s: more than %u vaults\n", path,
		    BOOK_VAULTS_MAX);
		return ERR_LIMIT;
	}
	while (capacity < count)
		capacity *= 2;
	e = book_place(b, capacity);
	if (e != ERR_OK) {
		fprintf(stderr, "%s: no memory for %u vaults\n", path,
		    capacity);
		return e;
	}
	return bookfile_read(&b->book, &b->names, text, len, path, stderr);
}

enum err
input_book_read(struct input_book **out, struct b32 *hash, const char *path,
    uint32_t vaults_max)
{
	struct input_book *b = calloc(1, sizeof(*b));
	char *text = NULL;
	size_t len = 0;
	enum err e = ERR_LIMIT;

	if (b)
		e = file_read_text(&text, &len, path, BOOKFILE_TEXT_MAX,
		    stderr);
	else
		fprintf(stderr, "%s: no memory\n", path);
	if (e == ERR_OK)
		e = book_parse(b, path, text, len, vaults_max);
	if (e == ERR_OK && hash)
		keccak256(hash, text, len);
	free(text);
	if (e != ERR_OK) {
		input_book_free(b);
		return e;
	}
	*out = b;
	return ERR_OK;
}

void
input_book_free(struct input_book *b)
{
	if (!b)
		return;
	free(b->book.vaults);
	free(b->book.hash);
	free(b);
}

enum err
input_market_read(struct market *out, struct b32 *hash,
    const struct input_book *b, const char *path)
{
	char *text;
	size_t len;
	enum err e = file_read_text(&text, &len, path, BOOKFILE_TEXT_MAX,
	    stderr);

	if (e != ERR_OK)
		return e;
	e = marketfile_read(out, &b->book, &b->names, text, len, path,
	    stderr);
	if (e == ERR_OK && hash)
		keccak256(hash, text, len);
	free(text);
	return e;
}

static enum err
config_book_read(struct config *c, struct input_book **out, const char *path)
{
	char book_path[CONFIG_PATH_MAX];
	struct input_book *b;
	enum err e = config_path_from(book_path, path, c->book_file);

	if (e != ERR_OK) {
		fprintf(stderr, "%s: the book's path is too long\n", path);
		return e;
	}
	e = input_book_read(&b, NULL, book_path, c->vaults_max);
	if (e != ERR_OK)
		return e;
	e = config_bind_book(c, &b->book, &b->names, book_path, stderr);
	if (e == ERR_OK && out)
		*out = b;
	else
		input_book_free(b);
	return e;
}

enum err
input_config_read(struct config *out, struct input_book **book,
    const char *path)
{
	char *text;
	size_t len;
	unsigned count;
	enum err e = file_read_text(&text, &len, path, CONFIG_TEXT_MAX,
	    stderr);

	if (book)
		*book = NULL;
	if (e != ERR_OK)
		return e;
	e = config_read(out, text, len, path, stderr, &count);
	free(text);
	if (e != ERR_OK || !out->book_file[0])
		return e;
	return config_book_read(out, book, path);
}
