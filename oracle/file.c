#include "oracle/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum err
read_all(char **out, size_t *len, FILE *f, size_t max)
{
	size_t have = 0, room = 65536;
	char *text = malloc(room + 1);

	if (!text)
		return ERR_LIMIT;
	for (;;) {
		size_t n = fread(text + have, 1, room - have, f);
		char *more;

		have += n;
		if (n == 0)
			break;
		if (have < room)
			continue;
		if (room >= max) {
			free(text);
			return ERR_LIMIT;
		}
		room = room * 2 < max ? room * 2 : max;
		more = realloc(text, room + 1);
		if (!more) {
			free(text);
			return ERR_LIMIT;
		}
		text = more;
	}
	if (ferror(f)) {
		free(text);
		return ERR_IO;
	}
	text[have] = '\0';
	*out = text;
	*len = have;
	return ERR_OK;
}

enum err
file_read_text(char **out, size_t *len, const char *path, size_t max,
    FILE *errors)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	enum err e;

	if (!f) {
		fprintf(errors, "%s: %s\n", path, strerrordesc_np(errno));
		return ERR_IO;
	}
	errno = 0;
	e = read_all(out, len, f, max);
	if (e == ERR_LIMIT)
		fprintf(errors, "%s: larger than %zu bytes\n", path, max);
	else if (e != ERR_OK)
		fprintf(errors, "%s: %s\n", path, strerrordesc_np(errno));
	if (!is_stdin)
		fclose(f);
	return e;
}

enum err
file_write_text(const char *path, const char *text, size_t len, FILE *errors)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fwrite(text, 1, len, f) == len;

	if (f && fclose(f) != 0)
		ok = false;
	if (!ok)
		fprintf(errors, "%s: %s\n", path, strerrordesc_np(errno));
	return ok ? ERR_OK : ERR_IO;
}
