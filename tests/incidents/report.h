/* tests/incidents/report.h - what was required, what was seen.
 *
 * Each incident makes assertions of two kinds: safe (nothing wrong is signed)
 * and live (the right thing is, within its time).  Each says what it saw.
 */
#ifndef TESTS_INCIDENTS_REPORT_H
#define TESTS_INCIDENTS_REPORT_H

#include "tests/incidents/play.h"
#include "tests/incidents/reference.h"

struct incident;

struct report {
	const struct incident *incident;
	unsigned mutations;		/* of each scene */
	uint64_t seed;
	unsigned passed, failed;
	bool is_skipped;		/* without recorded data */
	char safe[1200], live[1200];	/* what was seen */
	bool safe_failed, live_failed;
	/* Of its scenes as they were, and of all mutated runs of them. */
	double as_off_s;
	uint64_t as_held_s, as_live_s;
	uint64_t as_headers;
	unsigned runs;
	double off_s;		/* longest that a signed value was 100 bp or
				 * more from the reference */
	uint64_t held_s, live_s;	/* seconds with a quorum, a price */
	uint64_t headers, unread;	/* all; and otherwise than
					 * reading.h reads them */
};

struct incident {
	const char *id, *date, *name, *required;
	void (*judge)(struct report *r);
};

void safe(struct report *r, bool ok, const char *seen, ...)
    __attribute__((format(printf, 3, 4)));
void live(struct report *r, bool ok, const char *seen, ...)
    __attribute__((format(printf, 3, 4)));
/* report_skip: there is no recorded data. */
void report_skip(struct report *r);

/* report_play plays a scene as it was: each header as reading.h reads the same
 * inputs, within 100 bp of the reference but for less than 10 s (safe), a price
 * in 99 of 100 seconds that held a quorum (live); then its mutations, which are
 * counted for the sums over all runs.
 * The trace of the unmutated run is the caller's. */
void report_play(struct report *r, struct trace *out, struct scene *s);
/* report_play_only: without mutations. */
void report_play_only(struct report *r, struct trace *out, struct scene *s);
/* report_read: each header as reading.h reads it, and nothing else. */
void report_read(struct report *r, struct trace *out, struct scene *s);

/* judge_late: how long in one go the same words would be off, in seconds, if
 * they came so much later. */
double judge_late(const struct trace *t, const struct scene *s,
    uint64_t late_ms);

/* ---- questions to a trace ----------------------------------------------- */

/* The moments in [from, to) at which an asset had that status, of how many. */
struct share {
	size_t count, of;
};
struct share share_of(const struct trace *t, unsigned asset, uint64_t from_ms,
    uint64_t to_ms, enum price_status status);
bool always(const struct trace *t, unsigned asset, uint64_t from_ms,
    uint64_t to_ms, enum price_status status);
bool never(const struct trace *t, unsigned asset, uint64_t from_ms,
    uint64_t to_ms, enum price_status status);
/* The farthest in [from, to) from a value, as a share of it; refused moments
 * do not count. */
double farthest(const struct trace *t, unsigned asset, uint64_t from_ms,
    uint64_t to_ms, double value);
/* The first moment at or after from at which the asset has a price (is
 * refused): how many ms later; UINT64_MAX: never. */
uint64_t until_priced(const struct trace *t, unsigned asset,
    uint64_t from_ms);
uint64_t until_refused(const struct trace *t, unsigned asset,
    uint64_t from_ms);
/* Whether a vault's signed verdict was ever LIQUIDATABLE. */
bool was_liquidatable(const struct trace *t, unsigned vault);

#endif
