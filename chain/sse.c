#include "chain/sse.h"

#include <string.h>

static const char DATA[] = "data";

void
sse_begin(struct sse *s)
{
	s->state = SSE_NAME;
	s->has_cr = s->has_data = false;
	s->name_len = s->len = 0;
}

static bool
name_is_data(const struct sse *s)
{
	return s->name_len == sizeof(DATA) - 1 &&
	    memcmp(s->name, DATA, s->name_len) == 0;
}

static enum err
data_put(struct sse *s, const char *bytes, size_t len)
{
	if (len > SSE_DATA_MAX - s->len)
		return ERR_LIMIT;
	memcpy(s->data + s->len, bytes, len);
	s->len += len;
	return ERR_OK;
}

/* A second line of data is parted from the first. */
static enum err
data_begin(struct sse *s)
{
	enum err e = s->has_data ? data_put(s, "\n", 1) : ERR_OK;

	s->has_data = true;
	return e;
}

static enum err
line_end(bool *is_whole, struct sse *s)
{
	bool is_blank = s->state == SSE_NAME && s->name_len == 0;
	enum err e = s->state == SSE_NAME && name_is_data(s) ?
	    data_begin(s) : ERR_OK;

	s->state = SSE_NAME;
	s->name_len = 0;
	*is_whole = is_blank && s->has_data;
	return e;
}

static enum err
name_take(struct sse *s, char c)
{
	if (c != ':') {
		/* What is longer than the room for it is no name of ours. */
		if (s->name_len < sizeof(s->name))
			s->name[s->name_len++] = c;
		return ERR_OK;
	}
	if (!name_is_data(s)) {
		s->state = SSE_SKIP;
		return ERR_OK;
	}
	s->state = SSE_SPACE;
	return data_begin(s);
}

/* How many bytes of len there are before the end of a line. */
static size_t
line_rest(const char *bytes, size_t len)
{
	const char *lf = memchr(bytes, '\n', len), *cr;

	if (lf)
		len = (size_t)(lf - bytes);
	cr = memchr(bytes, '\r', len);
	return cr ? (size_t)(cr - bytes) : len;
}

/* Takes from a line, not its end: one byte of a name, the rest at once. */
static enum err
line_take(size_t *taken, struct sse *s, const char *bytes, size_t len)
{
	*taken = 1;
	switch (s->state) {
	case SSE_NAME:
		return name_take(s, bytes[0]);
	case SSE_SPACE:
		s->state = SSE_DATA;
		*taken = bytes[0] == ' ';
		return ERR_OK;
	case SSE_DATA:
		*taken = line_rest(bytes, len);
		return data_put(s, bytes, *taken);
	case SSE_SKIP:
		*taken = line_rest(bytes, len);
		break;
	}
	return ERR_OK;
}

enum err
sse_take(bool *is_whole, size_t *taken, struct sse *s, const char *bytes,
    size_t len)
{
	enum err e = ERR_OK;
	bool whole = false;
	size_t i = 0;

	if (s->state == SSE_NAME && s->name_len == 0 && !s->has_data)
		s->len = 0;
	while (i < len && e == ERR_OK && !whole) {
		bool was_cr = s->has_cr;
		size_t n = 1;

		s->has_cr = bytes[i] == '\r';
		if (bytes[i] != '\n' && bytes[i] != '\r')
			e = line_take(&n, s, bytes + i, len - i);
		else if (bytes[i] != '\n' || !was_cr)
			e = line_end(&whole, s);
		i += n;
	}
	if (e != ERR_OK)
		return e;
	if (whole)
		s->has_data = false;	/* len stays, for the caller */
	*is_whole = whole;
	*taken = i;
	return ERR_OK;
}
