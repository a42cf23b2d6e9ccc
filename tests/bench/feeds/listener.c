#include "tests/bench/feeds/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "oracle/tick_wire.h"
#include "tests/bench/bench.h"

static void
tick_take(struct listener *l, size_t connection, const struct tick *t)
{
	struct wire_tick w[TICK_WIRES_MAX];
	size_t count;

	l->ticks_read++;
	if (l->config == NULL)
		bench_keep((uint64_t)t->bid.value);
	else if (tick_wire_from(w, &count, l->config,
	    l->config_venue[connection], t, l->frames) == ERR_OK)
		l->pinned++;
}

static void
on_frame(void *arg, size_t connection, const char *text, size_t len)
{
	struct listener *l = arg;
	struct frame f = { .ticks = l->ticks,
		.memory = &l->memory[connection] };

	/* Of a recording that is sent round and round, some left out. */
	l->memory[connection].has_sequence = false;
	MUST(l->venue[connection]->parse(&f, text, len) == ERR_OK);
	conn_time_stamp(&l->time[connection], &f);
	for (size_t i = 0; i < f.tick_count; i++)
		tick_take(l, connection, &f.ticks[i]);
	if (++l->frames == l->frames_max)
		client_stop(l->client);
}

static void
on_event(void *arg, size_t connection, enum client_event e, const char *why)
{
	const struct listener *l = arg;

	if (e == CLIENT_CONNECTED || e == CLIENT_SUBSCRIBED)
		return;
	fprintf(stderr, "%s: %s\n", l->venue[connection]->name, why);
	exit(2);
}

void
listener_open(struct listener *l, const struct sender *s)
{
	static struct client_connection c[SENDER_STREAMS_MAX];
	static char url[SENDER_STREAMS_MAX][64];
	const struct client_callbacks call = { .frame = on_frame,
		.event = on_event, .arg = l };
	size_t bad;

	l->count = s->count;
	for (size_t i = 0; i < s->count; i++) {
		snprintf(url[i], sizeof(url[i]), "ws://127.0.0.1:%u/%zu",
		    s->port, i);
		c[i] = (struct client_connection){ .venue = l->venue[i],
			.url = url[i], .symbols = { "BTC-USD" },
			.symbol_count = 1 };
		if (l->venue[i]->has_depth) {
			l->memory[i].depth = calloc(VENUE_SYMBOLS_MAX,
			    sizeof(struct depth));
			MUST(l->memory[i].depth != NULL);
		}
		venue_memory_begin(&l->memory[i]);
	}
	MUST(client_create(&l->client, c, s->count, NULL, &call, 1, &bad) ==
	    ERR_OK);
}

void
listener_run(struct listener *l, uint64_t frames_max, uint64_t ns)
{
	uint64_t began_ns = bench_now_ns();

	l->frames = l->ticks_read = l->pinned = 0;
	l->frames_max = frames_max;
	while (client_service(l->client) &&
	    (ns == 0 || bench_now_ns() - began_ns < ns))
		;
}

void
listener_close(struct listener *l)
{
	client_destroy(l->client);
	for (size_t i = 0; i < l->count; i++)
		free(l->memory[i].depth);
}

uint64_t
listener_cpu_ns(void)
{
	struct timespec t;

	MUST(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t
listener_resident(void)
{
	unsigned long all, resident;
	FILE *f = fopen("/proc/self/statm", "re");

	MUST(f != NULL && fscanf(f, "%lu %lu", &all, &resident) == 2);
	MUST(fclose(f) == 0);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
