/* feeds/sim_reader.h - reads the fields of a script's JSON and names what is
 * wrong with them.  Private to sim_*.c.  Pure, but for jansson's memory. */
#ifndef FEEDS_SIM_READER_H
#define FEEDS_SIM_READER_H

#include "feeds/sim_path.h"

#include <jansson.h>

struct sim_reader {
	struct sim_script *s;
	char *error;
	char path[96];		/* of the object being read */
};

/* sim_fail writes "path.key: ..." and returns e. */
__attribute__((format(printf, 4, 5)))
enum err sim_fail(struct sim_reader *r, enum err e, const char *key,
    const char *format, ...);
/* sim_unknown: ERR_UNKNOWN, with the word that may have been meant. */
enum err sim_unknown(struct sim_reader *r, const char *what, const char *word,
    const char *const *words, size_t count);
/* sim_keys_check: o is an object with no other keys than these. */
MUST_CHECK enum err sim_keys_check(struct sim_reader *r, const json_t *o,
    const char *const *keys, size_t count);
bool sim_name_is_plain(const char *name, size_t max);

/* Each reads o's field; ERR_MISSING, ERR_SYNTAX, ERR_RANGE.  A decimal has 18
 * fraction digits, a ratio is below one half, a factor above 0 and at most
 * max; a name stays o's. */
MUST_CHECK enum err sim_read_decimal(struct sim_reader *r, u128 *out,
    const json_t *o, const char *key);
MUST_CHECK enum err sim_read_ratio(struct sim_reader *r, u128 *out,
    const json_t *o, const char *key);
MUST_CHECK enum err sim_read_factor(struct sim_reader *r, u128 *out,
    const json_t *o, const char *key, unsigned max);
MUST_CHECK enum err sim_read_whole(struct sim_reader *r, uint64_t *out,
    const json_t *o, const char *key, uint64_t min, uint64_t max);
MUST_CHECK enum err sim_read_seconds(struct sim_reader *r, uint64_t *out_ms,
    const json_t *o, const char *key);
MUST_CHECK enum err sim_read_name(struct sim_reader *r, const char **out,
    const json_t *o, const char *key);

#endif
