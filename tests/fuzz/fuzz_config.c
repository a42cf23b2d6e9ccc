/* Any bytes as a config: read, or refused with a line for each error. */
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"
#include "oracle/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct config config;
	static FILE *out;
	unsigned errors = 0;
	enum err e;

	if (!out)
		out = fopen("/dev/null", "w");
	e = config_read(&config, (const char *)bytes, len, "fuzz", out,
	    &errors);
	MUST((e == ERR_OK) == (errors == 0));
	if (e == ERR_OK) {
		MUST(config.prices.unit_count >= 1);
		MUST(config.vaults_max > 0 &&
		    (config.vaults_max & (config.vaults_max - 1)) == 0);
		for (size_t i = 0; i < config.prices.market_count; i++)
			MUST(config.prices.market[i].venue <
			    config.venue_count);
	}
	return 0;
}
