/* oracle/segment_format.c - the bytes of a segment (segment.h).  Pure. */
#include "oracle/segment.h"

#include "base/keccak.h"
#include "base/must.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define FLAG_BATCH 0x80000000u

static const char magic[8] = { 'm', 'a', 'r', 'g', 'i', 'n', 'd', 'J' };

/* As it lies in the file; every byte is a named one. */
struct header_bytes {
	char magic[8];
	uint32_t format, wire_version;
	uint64_t number, created_ms, records;
	struct b32 inputs_hash, outputs_hash;
	uint32_t zero[5];
	uint32_t crc;		/* of everything before it */
};
_Static_assert(sizeof(struct header_bytes) == SEGMENT_HEADER_BYTES, "");

struct record_head {
	uint32_t size, type_flags, number, crc;
};
_Static_assert(sizeof(struct record_head) == SEGMENT_RECORD_HEAD, "");

static uint32_t
crc_of(uint32_t seed, const void *bytes, size_t len)
{
	return (uint32_t)crc32(seed, bytes, (uInt)len);
}

void
segment_name(char out[SEGMENT_NAME_MAX], uint64_t number)
{
	MUST(number >= 1 && number <= SEGMENT_NUMBER_MAX);
	snprintf(out, SEGMENT_NAME_MAX, "journal-%08u.segment",
	    (unsigned)number);
}

void
segment_header_write(uint8_t out[SEGMENT_HEADER_BYTES],
    struct segment_header *h)
{
	struct header_bytes b;

	memset(&b, 0, sizeof(b));
	memcpy(b.magic, magic, sizeof(magic));
	b.format = SEGMENT_FORMAT;
	b.wire_version = WIRE_VERSION;
	b.number = h->number;
	b.created_ms = h->created_ms;
	b.records = h->begin.records;
	b.inputs_hash = h->begin.inputs_hash;
	b.outputs_hash = h->begin.outputs_hash;
	b.crc = crc_of(0, &b, offsetof(struct header_bytes, crc));
	h->crc = b.crc;
	memcpy(out, &b, sizeof(b));
}

enum err
segment_header_parse(struct segment_header *out,
    const uint8_t in[SEGMENT_HEADER_BYTES])
{
	struct header_bytes b;

	memcpy(&b, in, sizeof(b));
	if (memcmp(b.magic, magic, sizeof(magic)) != 0 ||
	    b.crc != crc_of(0, &b, offsetof(struct header_bytes, crc)))
		return ERR_SYNTAX;
	if (b.format != SEGMENT_FORMAT || b.wire_version != WIRE_VERSION)
		return ERR_STATE;
	for (size_t i = 0; i < ARRAY_COUNT(b.zero); i++)
		if (b.zero[i] != 0)
			return ERR_SYNTAX;
	out->number = b.number;
	out->created_ms = b.created_ms;
	out->begin.records = b.records;
	out->begin.inputs_hash = b.inputs_hash;
	out->begin.outputs_hash = b.outputs_hash;
	out->crc = b.crc;
	return ERR_OK;
}

/* The number's upper half is in no record; it is in the checksum. */
static uint32_t
record_crc(uint32_t seed, uint64_t number, const struct record_head *h,
    const void *message)
{
	uint32_t crc = crc_of(seed, &number, sizeof(number));

	crc = crc_of(crc, h, offsetof(struct record_head, crc));
	return crc_of(crc, message, h->size);
}

size_t
segment_record_write(uint8_t *out, uint32_t seed, uint64_t number,
    bool is_batch, const void *message)
{
	struct wire_head head;
	struct record_head h;

	memcpy(&head, message, sizeof(head));
	h.size = head.size;
	h.type_flags = head.type | (is_batch ? FLAG_BATCH : 0);
	h.number = (uint32_t)number;
	h.crc = record_crc(seed, number, &h, message);
	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), message, head.size);
	return sizeof(h) + head.size;
}

enum err
segment_record_parse(struct segment_record *out, const uint8_t *in, size_t len,
    uint32_t seed, uint64_t number)
{
	struct record_head h;

	if (len < sizeof(h))
		return ERR_MISSING;
	memcpy(&h, in, sizeof(h));
	/* A size that no message has says nothing about where it ends. */
	if (h.size == 0 || h.size != wire_size(h.type_flags & ~FLAG_BATCH) ||
	    h.number != (uint32_t)number)
		return ERR_SYNTAX;
	if (len - sizeof(h) < h.size)
		return ERR_MISSING;
	if (h.crc != record_crc(seed, number, &h, in + sizeof(h)) ||
	    wire_check(in + sizeof(h), h.size) != ERR_OK)
		return ERR_SYNTAX;
	out->type = h.type_flags & ~FLAG_BATCH;
	out->is_batch = (h.type_flags & FLAG_BATCH) != 0;
	out->size = h.size;
	out->message = in + sizeof(h);
	return ERR_OK;
}

void
segment_state_add(struct segment_state *s, const void *message)
{
	struct wire_head head;
	struct b32 *chain;
	struct keccak256 k;

	memcpy(&head, message, sizeof(head));
	chain = wire_is_input(head.type) ? &s->inputs_hash : &s->outputs_hash;
	keccak256_init(&k);
	keccak256_update(&k, chain->b, sizeof(chain->b));
	keccak256_update(&k, message, head.size);
	keccak256_final(&k, chain);
	s->records++;
}
