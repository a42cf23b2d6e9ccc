/* Prints what ticks are worth, for tests/check_tick_price.py: each line of
 * input is "tick decimals0 decimals1", each line of output the value or
 * "none". */
#include "base/decimal.h"
#include "contracts-abi/tick_price.h"

#include <stdio.h>
#include <stdlib.h>

int
main(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		char text[DECIMAL_BUF], *at = line;
		long tick = strtol(at, &at, 10);
		unsigned long d0 = strtoul(at, &at, 10);
		unsigned long d1 = strtoul(at, &at, 10);
		u128 v;

		if (tick_price(&v, (int)tick, (unsigned)d0, (unsigned)d1) !=
		    ERR_OK) {
			puts("none");
			continue;
		}
		decimal_from_u128(text, v, 0);
		puts(text);
	}
	return 0;
}
