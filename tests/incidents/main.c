/* make incidents: each incident on record, as it was and mutated.
 *
 * One line each while it goes, a table, and last the line that tests/run
 * counts by.  Options: --mutations N (of each scene; 100), --seed N, and names
 * of single incidents. */
#include "tests/incidents/incidents.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/must.h"

static const struct incident *const INCIDENTS[] = {
	&incident_r1, &incident_r2, &incident_r3, &incident_r4,
	&incident_r5, &incident_r6, &incident_r7, &incident_r8,
	&incident_r9, &incident_r10, &incident_r11, &incident_r12,
	&incident_r13, &incident_r14, &incident_r15, &incident_r16,
	&incident_r17, &incident_r18, &incident_r20, &incident_r21,
	&incident_r22, &incident_r23, &incident_r24, &incident_r25,
	&incident_r30,
};

static void
count(struct report *r, bool ok)
{
	if (ok)
		r->passed++;
	else
		r->failed++;
}

static void
seen(char *out, size_t size, bool *failed, struct report *r, bool ok,
    const char *form, va_list args)
{
	size_t len = strlen(out);

	count(r, ok);
	*failed = *failed || !ok;
	(void)snprintf(out + len, size - len, "%s%s", len > 0 ? "; " : "",
	    ok ? "" : "FAILED: ");
	len = strlen(out);
	(void)vsnprintf(out + len, size - len, form, args);
}

void
safe(struct report *r, bool ok, const char *form, ...)
{
	va_list args;

	va_start(args, form);
	seen(r->safe, sizeof(r->safe), &r->safe_failed, r, ok, form, args);
	va_end(args);
}

void
live(struct report *r, bool ok, const char *form, ...)
{
	va_list args;

	va_start(args, form);
	seen(r->live, sizeof(r->live), &r->live_failed, r, ok, form, args);
	va_end(args);
}

void
report_skip(struct report *r)
{
	r->is_skipped = true;
}

static bool
is_live_enough(uint64_t live_s, uint64_t held_s)
{
	return 100 * live_s >= 99 * held_s;
}

static double
per_cent(uint64_t part, uint64_t whole)
{
	MUST(whole > 0);
	return 100.0 * (double)part / (double)whole;
}

/* Where no quorum ever held, only what is asserted by name shows life. */
static void
liveness_judge(struct report *r)
{
	if (!r->is_skipped && r->as_held_s == 0 && !r->live[0])
		live(r, false, "no quorum in any second, nothing by name");
}

static void
line_print(const struct report *r)
{
	const struct incident *i = r->incident;

	printf("%-4s %s %s: ", i->id, i->date, i->name);
	if (r->is_skipped)
		printf("skipped: no recorded data\n");
	else
		printf("%s | safe: %" PRIu64 " headers read alike; 100 bp off "
		    "for %.2f s at most%s%s | live: ", i->required,
		    r->as_headers, r->as_off_s, r->safe[0] ? "; " : "",
		    r->safe);
	if (!r->is_skipped && r->as_held_s == 0)
		printf("none held a quorum%s%s\n", r->live[0] ? "; " : "",
		    r->live);
	else if (!r->is_skipped)
		printf("%" PRIu64 " of %" PRIu64 " s%s%s\n", r->as_live_s,
		    r->as_held_s, r->live[0] ? "; " : "", r->live);
	fflush(stdout);
}

static void
table_print(const struct report *reports, size_t count)
{
	printf("\n%-4s %-11s %-36s %-5s %-5s %5s %9s %9s\n", "#", "date",
	    "incident", "safe", "live", "runs", "off", "live");
	for (size_t i = 0; i < count; i++) {
		const struct report *r = &reports[i];
		const struct incident *n = r->incident;

		if (r->is_skipped) {
			printf("%-4s %-11s %-36.36s skipped\n", n->id,
			    n->date, n->name);
			continue;
		}
		printf("%-4s %-11s %-36.36s %-5s %-5s %5u %7.2f s", n->id,
		    n->date, n->name, r->safe_failed ? "NO" : "yes",
		    r->live_failed ? "NO" : "yes", r->runs, r->off_s);
		if (r->held_s > 0)
			printf(" %7.2f %%\n", per_cent(r->live_s, r->held_s));
		else
			printf(" %9s\n", "none");
	}
}

struct options {
	unsigned mutations;
	uint64_t seed;
	char *const *name;
	int name_count;
};

static bool
is_wanted(const struct options *o, const char *id)
{
	for (int i = 0; i < o->name_count; i++)
		if (strcmp(o->name[i], id) == 0)
			return true;
	return o->name_count == 0;
}

static bool
options_read(struct options *o, int argc, char *const *argv)
{
	int at = 1;
	uint64_t v;

	*o = (struct options){ .mutations = 100, .seed = 1 };
	for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
		if (decimal_to_u64(&v, argv[at + 1], strlen(argv[at + 1])) !=
		    ERR_OK)
			return false;
		if (strcmp(argv[at], "--mutations") == 0 && v <= 100000)
			o->mutations = (unsigned)v;
		else if (strcmp(argv[at], "--seed") == 0)
			o->seed = v;
		else
			return false;
	}
	o->name = argv + at;
	o->name_count = argc - at;
	return at >= argc || argv[at][0] != '-';
}

/* Over all runs: the three sentences that every incident is held to. */
static void
sums_judge(struct report *all)
{
	if (all->runs == 0)
		return;
	printf("\n%u mutated runs: off the reference by 100 bp or more for "
	    "%.2f s at most (below 10 s); a price in %" PRIu64 " of %" PRIu64
	    " s that held a quorum, %.3f %% (99 %%)\n", all->runs, all->off_s,
	    all->live_s, all->held_s, all->held_s > 0 ?
	    per_cent(all->live_s, all->held_s) : 0);
	printf("%" PRIu64 " of their %" PRIu64 " headers are read otherwise "
	    "from the same inputs (none)\n", all->unread, all->headers);
	count(all, all->off_s < 10);
	count(all, is_live_enough(all->live_s, all->held_s));
	count(all, all->unread == 0 && all->headers > 0);
}

static void
sums_add(struct report *all, const struct report *r)
{
	all->passed += r->passed;
	all->failed += r->failed;
	all->runs += r->runs;
	all->held_s += r->held_s;
	all->live_s += r->live_s;
	all->headers += r->headers;
	all->unread += r->unread;
	if (r->off_s > all->off_s)
		all->off_s = r->off_s;
}

int
main(int argc, char **argv)
{
	static struct report reports[ARRAY_COUNT(INCIDENTS)];
	struct report all = { 0 };
	struct options o;
	size_t n = 0;
	unsigned skipped = 0;

	if (!options_read(&o, argc, argv)) {
		fprintf(stderr, "incidents [--mutations N] [--seed N] "
		    "[NAME...]\n");
		return 2;
	}
	for (size_t i = 0; i < ARRAY_COUNT(INCIDENTS); i++) {
		struct report *r = &reports[n];

		if (!is_wanted(&o, INCIDENTS[i]->id))
			continue;
		r->incident = INCIDENTS[i];
		r->mutations = o.mutations;
		r->seed = o.seed;
		r->incident->judge(r);
		liveness_judge(r);
		line_print(r);
		skipped += r->is_skipped ? 1 : 0;
		sums_add(&all, r);
		n++;
	}
	table_print(reports, n);
	sums_judge(&all);
	printf("%u passed, %u failed, %u skipped\n", all.passed, all.failed,
	    skipped);
	return all.failed > 0 || n == 0;
}
