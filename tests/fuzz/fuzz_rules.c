/* Any bytes as rules: what is accepted keeps its bounds and has its hash. */
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"
#include "oracle/rulesfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct rules rules;
	static FILE *out;
	struct b32 hash;

	if (!out)
		out = fopen("/dev/null", "w");
	if (rulesfile_read(&rules, (const char *)bytes, len, "fuzz", out) !=
	    ERR_OK)
		return 0;
	MUST(rules_check(&rules) == NULL);
	hash = rules.hash;
	rules_seal(&rules);
	MUST(b32_equal(&hash, &rules.hash));
	return 0;
}
