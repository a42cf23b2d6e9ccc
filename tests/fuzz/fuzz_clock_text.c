/* RFC 3339 text: what is read is written and read again, the same instant. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/clock_text.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	char buf[TIME_TEXT_BUF];
	uint64_t ms, again;
	size_t written;

	if (time_ms_from_rfc3339(&ms, text, len) != ERR_OK)
		return 0;
	written = time_ms_to_rfc3339(buf, ms);
	MUST(written == strlen("2026-08-09T21:05:48.228Z"));
	MUST(time_ms_from_rfc3339(&again, buf, written) == ERR_OK);
	MUST(again == ms);
	/* In UTC nothing but the fraction's length and the T may differ. */
	if (text[len - 1] == 'Z')
		MUST(memcmp(buf, text, 10) == 0 &&
		    memcmp(buf + 11, text + 11, 8) == 0);
	return 0;
}
