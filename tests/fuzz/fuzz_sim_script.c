/* A script that is accepted has a price for each symbol at any time, or says
 * ERR_RANGE; one that is refused says why. */
#include "feeds/sim_script.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
ask(const struct sim_script *s, size_t venue, size_t symbol, uint64_t t_ms)
{
	struct sim_quote q;
	char text[DECIMAL_BUF];

	if (sim_path_quote(&q, s, venue, symbol, t_ms) != ERR_OK)
		return;
	if (q.bid.value == 0 || q.bid.value > q.ask.value)
		abort();
	decimal_from_dec18(text, q.bid);
	decimal_from_dec18(text, q.ask);
	decimal_from_dec18(text, q.size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct sim_script s;
	char error[SIM_ERROR_MAX] = "";

	if (sim_script_parse(&s, (const char *)bytes, len, error) != ERR_OK) {
		if (error[0] == '\0')
			abort();
		return 0;
	}
	for (size_t v = 0; v < s.venue_count; v++)
		for (size_t i = 0; i < s.venue[v].symbol_count; i++)
			for (uint64_t t_ms = 0; t_ms < 60000; t_ms += 7001)
				ask(&s, v, i, t_ms);
	return 0;
}
