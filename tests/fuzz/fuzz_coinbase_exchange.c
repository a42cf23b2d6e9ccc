/* The coinbase-exchange parser: any bytes; see venue_check.h for what must
 * hold. */
#include "tests/fuzz/venue_check.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	return venue_check("coinbase-exchange", bytes, len);
}
