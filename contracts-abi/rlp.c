#include "contracts-abi/rlp.h"

#include <string.h>

#include "base/hex.h"
#include "base/must.h"

#define SHORT_MAX 55u		/* longest payload of a one-byte header */
#define STRING_SHORT 0x80u
#define LIST_SHORT 0xc0u

void
rlp_open(struct rlp_reader *r, const uint8_t *bytes, size_t len)
{
	static const uint8_t nothing;

	/* Pointers are compared below, so none of them may be NULL. */
	if (len == 0)
		bytes = &nothing;
	*r = (struct rlp_reader){ .at = bytes, .end = bytes + len,
	    .error = ERR_OK };
}

bool
rlp_has_more(const struct rlp_reader *r)
{
	return r->error == ERR_OK && r->at < r->end;
}

static struct rlp_item
reader_fail(struct rlp_reader *r, enum err e)
{
	if (r->error == ERR_OK)
		r->error = e;
	return (struct rlp_item){ .at = r->end, .len = 0, .is_list = false };
}

/* The length behind a long header, or SIZE_MAX where it is not canonical. */
static size_t
length_read(const uint8_t *at, size_t bytes, size_t left)
{
	uint64_t len = 0;

	if (bytes > left || at[0] == 0)
		return SIZE_MAX;
	for (size_t i = 0; i < bytes; i++)
		len = len << 8 | at[i];
	return len > SHORT_MAX ? len : SIZE_MAX;
}

struct rlp_item
rlp_next(struct rlp_reader *r)
{
	struct rlp_item item = { .at = r->at, .len = 1, .is_list = false };
	size_t left = (size_t)(r->end - r->at);
	size_t header = 0;

	if (!rlp_has_more(r))
		return reader_fail(r, ERR_SYNTAX);
	if (r->at[0] >= STRING_SHORT) {
		unsigned base = r->at[0] >= LIST_SHORT ? LIST_SHORT :
		    STRING_SHORT;

		item.is_list = base == LIST_SHORT;
		item.len = r->at[0] - base;
		header = 1;
		if (item.len > SHORT_MAX) {
			header += item.len - SHORT_MAX;
			item.len = length_read(r->at + 1, header - 1,
			    left - 1);
		}
	}
	if (header > left || item.len > left - header)
		return reader_fail(r, ERR_SYNTAX);
	item.at = r->at + header;
	if (header == 1 && !item.is_list && item.len == 1 &&
	    item.at[0] < STRING_SHORT)
		return reader_fail(r, ERR_SYNTAX);
	r->at = item.at + item.len;
	return item;
}

struct rlp_item
rlp_next_string(struct rlp_reader *r)
{
	struct rlp_item item = rlp_next(r);

	return item.is_list ? reader_fail(r, ERR_SYNTAX) : item;
}

struct rlp_item
rlp_next_list(struct rlp_reader *r)
{
	struct rlp_item item = rlp_next(r);

	return item.is_list ? item : reader_fail(r, ERR_SYNTAX);
}

void
rlp_next_b32(struct rlp_reader *r, uint8_t out[32])
{
	struct rlp_item item = rlp_next_string(r);

	if (item.len > 0 && item.at[0] == 0)
		item = reader_fail(r, ERR_SYNTAX);
	if (item.len > 32)
		item = reader_fail(r, ERR_RANGE);
	memset(out, 0, 32);
	memcpy(out + 32 - item.len, item.at, item.len);
}

u128
rlp_next_uint(struct rlp_reader *r, unsigned bits)
{
	uint8_t bytes[32];
	u128 v;

	MUST(bits >= 1 && bits <= 128);
	rlp_next_b32(r, bytes);
	v = be_get_u128(bytes + 16);
	if (be_get_u128(bytes) != 0 || (bits < 128 && v >> bits != 0)) {
		reader_fail(r, ERR_RANGE);
		return 0;
	}
	return v;
}

enum err
rlp_close(const struct rlp_reader *r)
{
	if (r->error != ERR_OK)
		return r->error;
	return r->at == r->end ? ERR_OK : ERR_SYNTAX;
}

struct rlp_uint
rlp_uint_from_b32(const uint8_t bytes[32])
{
	struct rlp_uint u = { .skip = 0 };

	memcpy(u.bytes, bytes, sizeof(u.bytes));
	while (u.skip < sizeof(u.bytes) && u.bytes[u.skip] == 0)
		u.skip++;
	return u;
}

struct rlp_uint
rlp_uint_from_u128(u128 v)
{
	uint8_t bytes[32] = { 0 };

	be_put_u128(bytes + 16, v);
	return rlp_uint_from_b32(bytes);
}

struct rlp_item
rlp_item_from_uint(const struct rlp_uint *u)
{
	return (struct rlp_item){ .at = u->bytes + u->skip,
	    .len = sizeof(u->bytes) - u->skip, .is_list = false };
}

size_t
rlp_header_size(const struct rlp_item *i)
{
	size_t size = 1;

	if (!i->is_list && i->len == 1 && i->at[0] < STRING_SHORT)
		return 0;
	if (i->len > SHORT_MAX)
		for (size_t len = i->len; len > 0; len >>= 8)
			size++;
	return size;
}

static size_t
header_write(uint8_t *out, const struct rlp_item *i)
{
	size_t size = rlp_header_size(i);
	unsigned base = i->is_list ? LIST_SHORT : STRING_SHORT;

	if (size == 1)
		out[0] = (uint8_t)(base + i->len);
	if (size > 1) {
		out[0] = (uint8_t)(base + SHORT_MAX + size - 1);
		for (size_t n = 1; n < size; n++)
			out[n] = (uint8_t)(i->len >> 8 * (size - 1 - n));
	}
	return size;
}

size_t
rlp_write(uint8_t *out, const struct rlp_item *i)
{
	size_t size = header_write(out, i);

	if (i->len > 0)
		memcpy(out + size, i->at, i->len);
	return size + i->len;
}

enum err
rlp_write_list(uint8_t *out, size_t *out_len, size_t max,
    const struct rlp_item *items, size_t count)
{
	struct rlp_item list = { .at = NULL, .len = 0, .is_list = true };
	size_t at;

	for (size_t n = 0; n < count; n++) {
		if (items[n].len > max)
			return ERR_LIMIT;
		list.len += rlp_header_size(&items[n]) + items[n].len;
		if (list.len > max)
			return ERR_LIMIT;
	}
	if (list.len + rlp_header_size(&list) > max)
		return ERR_LIMIT;
	at = header_write(out, &list);
	for (size_t n = 0; n < count; n++)
		at += rlp_write(out + at, &items[n]);
	*out_len = at;
	return ERR_OK;
}
