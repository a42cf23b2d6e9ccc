/* What a role's neighbours may say to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "oracle/proc.h"

/* Each input has one source, and what the shell makes has none. */
static void
proc_may_say__gives_each_input_to_one_neighbour(void **state)
{
	static const enum role source[] = {
		[WIRE_START] = ROLE_SUPERVISOR, [WIRE_TICK] = ROLE_FEEDS,
		[WIRE_HEARTBEAT] = ROLE_FEEDS, [WIRE_CLOSE] = ROLE_SUPERVISOR,
		[WIRE_VAULT] = ROLE_CHAIN, [WIRE_BLOCK] = ROLE_CHAIN,
		[WIRE_SIGNER_BASE] = ROLE_SIGNER,
		[WIRE_SIGNER_READY] = ROLE_SIGNER, [WIRE_SIGNED] = ROLE_SIGNER,
		[WIRE_REJECTED] = ROLE_SIGNER, [WIRE_PAUSED] = ROLE_SIGNER,
		[WIRE_RESUMED] = ROLE_SIGNER, [WIRE_PORTFOLIO] = ROLE_CHAIN,
	};

	(void)state;
	assert_int_equal(ARRAY_COUNT(source), WIRE_PORTFOLIO + 1);
	for (unsigned type = 0; type < 256; type++)
		for (enum role from = 0; from <= ROLE_COUNT; from++)
			assert_int_equal(proc_may_say(from, type),
			    from != ROLE_SUPERVISOR && type > 0 &&
			    type < ARRAY_COUNT(source) &&
			    source[type] == from);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    proc_may_say__gives_each_input_to_one_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
