/* oracle/suggest.h - "did you mean": the nearest of the known words.
 *
 * Distance: insertions, deletions, replacements and swaps of neighbours, each
 * one; letters compare without case.  A word is near at a distance of at most
 * a third of the longer one's length, at least 1.
 * Limits: SUGGEST_WORD_MAX bytes a word; a longer one is near nothing.
 */
#ifndef ORACLE_SUGGEST_H
#define ORACLE_SUGGEST_H

#include "base/types.h"

#define SUGGEST_WORD_MAX 72u

/* suggest_distance counts the edits between a and b; SUGGEST_WORD_MAX + 1
 * where either is longer than SUGGEST_WORD_MAX. */
unsigned suggest_distance(const char *a, size_t a_len, const char *b,
    size_t b_len);

/* The nearest word seen so far; zeroed at first. */
struct suggest {
	const char *best;	/* NULL: none is near */
	unsigned distance;
};
/* suggest_offer compares one known word, which must outlive s. */
void suggest_offer(struct suggest *s, const char *given, size_t given_len,
    const char *known);

#endif
