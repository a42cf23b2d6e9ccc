#include "oracle/suggest.h"

#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
suggest_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	/* Three rows of the table: this one and the two before. */
	unsigned row[3][SUGGEST_WORD_MAX + 1];

	if (a_len > SUGGEST_WORD_MAX || b_len > SUGGEST_WORD_MAX)
		return SUGGEST_WORD_MAX + 1;
	for (unsigned j = 0; j <= b_len; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned *now = row[i % 3];
		const unsigned *last = row[(i + 2) % 3];
		const unsigned *before = row[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			now[j] = least(last[j - 1] + (x == y ? 0 : 1),
			    least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && x == lower(b[j - 2]) &&
			    lower(a[i - 2]) == y)
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[a_len % 3][b_len];
}

void
suggest_offer(struct suggest *s, const char *given, size_t given_len,
    const char *known)
{
	size_t known_len = strlen(known);
	size_t longer = given_len > known_len ? given_len : known_len;
	unsigned d = suggest_distance(given, given_len, known, known_len);

	/* A word of one letter is as near to every other one as to this. */
	if (given_len == 0 || longer < 2 ||
	    d > (longer < 6 ? 1 : longer / 3))
		return;
	if (s->best && s->distance <= d)
		return;
	s->best = known;
	s->distance = d;
}
