/* A segment's bytes: what is read from them writes the same bytes again, and
 * nothing else is accepted. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "oracle/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
header_again(const struct segment_header *h, const uint8_t *bytes)
{
	uint8_t again[SEGMENT_HEADER_BYTES];
	struct segment_header copy = *h;

	segment_header_write(again, &copy);
	MUST(memcmp(again, bytes, sizeof(again)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t again[SEGMENT_RECORD_HEAD + WIRE_SIZE_MAX];
	struct segment_header h = { .crc = 0 };
	struct segment_record r;
	size_t at = SEGMENT_HEADER_BYTES;
	uint64_t number;

	if (len < SEGMENT_HEADER_BYTES)
		return 0;
	if (segment_header_parse(&h, bytes) == ERR_OK)
		header_again(&h, bytes);
	number = h.begin.records;
	while (segment_record_parse(&r, bytes + at, len - at, h.crc, number) ==
	    ERR_OK) {
		struct segment_state s = { .records = number };
		_Alignas(16) uint8_t message[WIRE_SIZE_MAX];
		size_t size;

		MUST(r.size == wire_size(r.type));
		memcpy(message, r.message, r.size);
		size = segment_record_write(again, h.crc, number, r.is_batch,
		    message);
		MUST(size <= len - at && memcmp(again, bytes + at, size) == 0);
		segment_state_add(&s, message);
		MUST(s.records == ++number);
		at += size;
	}
	return 0;
}
