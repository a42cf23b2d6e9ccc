/* tests/incidents/path.h - a price over time: stated points, or the bars of a
 * recorded series.
 *
 * A bar becomes ticks as follows.  PATH_EXTREMES: open at its begin, low and
 * high (the high first where it closed lower) at a third and two thirds, close
 * just before the next bar; straight lines between.  PATH_CLOSES: open, close,
 * and a line between, since two venues' extremes are not of one instant.  A
 * bar without volume is no observation: there is no point in it.
 */
#ifndef TESTS_INCIDENTS_PATH_H
#define TESTS_INCIDENTS_PATH_H

#include "tests/incidents/play.h"

struct path_point {
	uint64_t ms;
	double price;
};
struct path {
	struct path_point *point;
	size_t count, capacity;
};
enum path_shape { PATH_EXTREMES, PATH_CLOSES };

void path_add(struct path *p, uint64_t ms, double price);
void path_free(struct path *p);
/* path_load reads the bars of a file below prices/ in MARGIND_DATA that begin
 * in [from, to).  False where there is no such data. */
bool path_load(struct path *p, const char *name, enum path_shape shape,
    uint64_t from_ms, uint64_t to_ms);
/* path_at: on the line between two points; the first or last outside. */
double path_at(const struct path *p, uint64_t ms);

/* path_off: how long in one go, in s, an asset's signed prices were 100 bp or
 * more from a recorded path that went speed times as fast, at the scene's begin
 * from that moment on; and how far at most.  A price is as old as it may be: it
 * is near if the path was there within the last two seconds of ours.  Refused
 * ones do not count. */
double path_off(double *most, const struct trace *t, unsigned asset,
    const struct path *p, const struct scene *s, double speed);

/* feed_path sends the path to a market each tick_ms of our time, `speed` times
 * as fast as it happened; offset: 0.0001 is a basis point above; each tick
 * comes phase_ms later than the full step. */
struct feeding {
	uint64_t from_ms;		/* of the path: what is heard first */
	uint64_t begin_ms, end_ms;	/* of the scene: [begin, end) */
	double speed, offset;
	uint64_t phase_ms, tick_ms;
};
void feed_path(struct scene *s, unsigned market, const struct path *p,
    const struct feeding *f);

#endif
