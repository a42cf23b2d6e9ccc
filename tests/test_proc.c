/* What a role's neighbours may say to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oracle/proc.h"

/* Each input has its sources, and what the shell makes has none. */
static void
proc_may_say__gives_each_input_to_its_neighbours(void **state)
{
	static const uint32_t sources[] = {
		[WIRE_START] = 0, [WIRE_CLOSE] = 0,
		[WIRE_TICK] = 1u << ROLE_FEEDS | 1u << ROLE_CHAIN,
		[WIRE_HEARTBEAT] = 1u << ROLE_FEEDS,
		[WIRE_VAULT] = 1u << ROLE_CHAIN,
		[WIRE_BLOCK] = 1u << ROLE_CHAIN,
		[WIRE_SIGNER_BASE] = 1u << ROLE_SIGNER,
		[WIRE_SIGNER_READY] = 1u << ROLE_SIGNER,
		[WIRE_SIGNED] = 1u << ROLE_SIGNER,
		[WIRE_REJECTED] = 1u << ROLE_SIGNER,
		[WIRE_PAUSED] = 1u << ROLE_SIGNER,
		[WIRE_RESUMED] = 1u << ROLE_SIGNER,
		[WIRE_PORTFOLIO] = 1u << ROLE_CHAIN,
		[WIRE_RATE] = 1u << ROLE_CHAIN,
		[WIRE_MARK] = 1u << ROLE_FEEDS,
		[WIRE_FORWARD] = 1u << ROLE_SURFACE,
		[WIRE_SLICE] = 1u << ROLE_SURFACE,
		[WIRE_MEMORY_UNIT] = 1u << ROLE_JOURNAL,
		[WIRE_MEMORY_MARKET] = 1u << ROLE_JOURNAL,
		[WIRE_MEMORY_RATE] = 1u << ROLE_JOURNAL,
	};

	(void)state;
	for (unsigned type = 0; type < 256; type++)
		for (enum role from = 0; from <= ROLE_COUNT; from++)
			assert_int_equal(proc_may_say(from, type),
			    type < ARRAY_COUNT(sources) &&
			    (sources[type] >> from & 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    proc_may_say__gives_each_input_to_its_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
