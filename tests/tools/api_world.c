/* The api's server over a board that moves by itself: 200 vaults, four
 * assets, four venues, an attestation every quarter of a second, a refusal
 * now and then.  Prints its address; ends after SECONDS, or with its standard
 * input.
 *
 *	api_world PORT SECONDS */
#include "base/decimal.h"
#include "oracle/api_server.h"
#include "tests/api_world.h"

#include <poll.h>
#include <time.h>

struct tool {
	struct api_world world;
	struct api api;
	struct server *server;
	uint64_t began_ms, end_ms, attest_ms;
};

static void
on_tick(void *arg, uint64_t now_ms)
{
	struct tool *t = arg;
	struct pollfd in = { .fd = 0, .events = POLLIN };
	uint64_t age = (now_ms - t->began_ms) / 1000;
	char byte;

	if (t->began_ms == 0)
		t->began_ms = now_ms;
	/* LINK is refused for two seconds in every eight. */
	if (age % 8 == 6 || age % 8 == 7)
		api_world_refuse(&t->world, 3);
	else if (t->world.market.asset[3].price.status == PRICE_REFUSED)
		api_world_price(&t->world, 3, WAD_ONE_RAW * 15);
	api_world_move(&t->world, 400);
	api_world_publish(&t->world, now_ms);
	if (now_ms >= t->attest_ms + 250) {
		t->attest_ms = now_ms;
		api_world_attest(&t->world, now_ms);
	}
	if (now_ms - t->began_ms >= t->end_ms ||
	    (poll(&in, 1, 0) > 0 && read(0, &byte, 1) <= 0))
		server_stop(t->server);
}

int
main(int argc, char **argv)
{
	static struct tool t;
	struct server_options o = { .host = "127.0.0.1",
		.connections_max = 256, .rate = 1000, .burst = 2000,
		.on_tick = on_tick, .arg = &t };
	uint64_t port, seconds;
	const char *why;

	if (argc != 3 || decimal_to_u64(&port, argv[1], strlen(argv[1])) !=
	    ERR_OK || decimal_to_u64(&seconds, argv[2], strlen(argv[2])) !=
	    ERR_OK || port > UINT16_MAX) {
		fprintf(stderr, "usage: api_world PORT SECONDS\n");
		return 2;
	}
	t.end_ms = seconds * 1000;
	o.port = (uint16_t)port;
	api_world_open(&t.world, 200, UINT64_C(1792000000000) * 1024);
	if (api_state_create(&t.api.state, t.world.reader, &t.world.config,
	    &t.world.book) != ERR_OK ||
	    server_create(&t.server, &t.api, &o, &why) != ERR_OK) {
		fprintf(stderr, "api_world: cannot listen\n");
		return 1;
	}
	printf("http://127.0.0.1:%u/\n", server_port(t.server));
	fflush(stdout);
	while (server_service(t.server))
		;
	server_destroy(t.server);
	api_state_destroy(t.api.state);
	api_world_close(&t.world);
	return 0;
}
