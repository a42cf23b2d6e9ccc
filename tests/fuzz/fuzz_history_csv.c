/* Price histories: whatever the text, it is refused with its place, or every
 * series is in order and above zero. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "oracle/history_csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct history_csv_error error = { 0 };
	struct history_csv h;

	if (history_csv_parse(&h, &error, (const char *)bytes, len) !=
	    ERR_OK) {
		MUST(error.what && error.column > 0 && h.series_count == 0);
		return 0;
	}
	MUST(h.series_count > 0 && h.series_count <= HISTORY_CSV_SERIES_MAX);
	for (uint32_t i = 0; i < h.series_count; i++) {
		const struct history_series *s = &h.series[i];

		MUST(s->count <= len);
		MUST(memchr(s->name, '\0', sizeof(s->name)));
		for (uint32_t n = 0; n < s->count; n++) {
			MUST(!px18_is_zero(s->price[n]));
			MUST(n == 0 || s->ms[n] > s->ms[n - 1]);
		}
	}
	history_csv_free(&h);
	return 0;
}
