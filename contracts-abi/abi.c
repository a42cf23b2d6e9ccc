#include "contracts-abi/abi.h"

#include <string.h>

#include "base/hex.h"
#include "base/must.h"

void
abi_write_open(struct abi_writer *w, uint8_t *out, size_t max)
{
	*w = (struct abi_writer){ .out = out, .len = 0, .max = max };
}

static uint8_t *
writer_take(struct abi_writer *w, size_t len)
{
	uint8_t *at = w->out + w->len;

	MUST(len <= w->max - w->len);
	w->len += len;
	return at;
}

void
abi_put_bytes(struct abi_writer *w, const uint8_t *bytes, size_t len)
{
	uint8_t *at = writer_take(w, len);

	if (len > 0)
		memcpy(at, bytes, len);
}

void
abi_put_b32(struct abi_writer *w, const struct b32 *v)
{
	memcpy(writer_take(w, ABI_WORD), v->b, ABI_WORD);
}

void
abi_put_addr(struct abi_writer *w, const struct addr *v)
{
	uint8_t *at = writer_take(w, ABI_WORD);

	memset(at, 0, 12);
	memcpy(at + 12, v->b, 20);
}

void
abi_put_u64(struct abi_writer *w, uint64_t v)
{
	uint8_t *at = writer_take(w, ABI_WORD);

	memset(at, 0, 24);
	be_put_u64(at + 24, v);
}

void
abi_put_u128(struct abi_writer *w, u128 v)
{
	uint8_t *at = writer_take(w, ABI_WORD);

	memset(at, 0, 16);
	be_put_u128(at + 16, v);
}

void
abi_put_i128(struct abi_writer *w, i128 v)
{
	uint8_t *at = writer_take(w, ABI_WORD);

	memset(at, v < 0 ? 0xff : 0, 16);
	be_put_u128(at + 16, (u128)v);
}

void
abi_put_tail(struct abi_writer *w, const uint8_t *bytes, size_t len)
{
	size_t padding = abi_tail_size(len) - ABI_WORD - len;

	abi_put_u64(w, len);
	abi_put_bytes(w, bytes, len);
	memset(writer_take(w, padding), 0, padding);
}

void
abi_read_open(struct abi_reader *r, const uint8_t *bytes, size_t len)
{
	*r = (struct abi_reader){ .bytes = bytes, .len = len, .at = 0,
	    .error = ERR_OK };
}

static void
reader_fail(struct abi_reader *r, enum err e)
{
	if (r->error == ERR_OK)
		r->error = e;
}

struct b32
abi_read_b32(struct abi_reader *r)
{
	struct b32 v = { { 0 } };

	if (r->len - r->at < ABI_WORD)
		reader_fail(r, ERR_SYNTAX);
	if (r->error != ERR_OK)
		return v;
	memcpy(v.b, r->bytes + r->at, ABI_WORD);
	r->at += ABI_WORD;
	return v;
}

struct addr
abi_read_addr(struct abi_reader *r)
{
	static const uint8_t zeros[12];
	struct b32 word = abi_read_b32(r);
	struct addr v = { { 0 } };

	if (memcmp(word.b, zeros, sizeof(zeros)) != 0) {
		reader_fail(r, ERR_SYNTAX);
		return v;
	}
	memcpy(v.b, word.b + 12, sizeof(v.b));
	return v;
}

u128
abi_read_uint(struct abi_reader *r, unsigned bits, enum err beyond)
{
	struct b32 word = abi_read_b32(r);
	u128 v = be_get_u128(word.b + 16);

	MUST(bits >= 1 && bits <= 128);
	if (be_get_u128(word.b) != 0 || (bits < 128 && v >> bits != 0)) {
		reader_fail(r, beyond);
		return 0;
	}
	return v;
}

i128
abi_read_int(struct abi_reader *r, enum err beyond)
{
	struct b32 word = abi_read_b32(r);
	i128 v = (i128)be_get_u128(word.b + 16);

	if (be_get_u128(word.b) != (v < 0 ? U128_MAX : 0)) {
		reader_fail(r, beyond);
		return 0;
	}
	return v;
}

size_t
abi_read_count(struct abi_reader *r, u128 offset, size_t max)
{
	u128 count;

	if (r->error == ERR_OK && offset != r->at)
		reader_fail(r, ERR_SYNTAX);
	count = abi_read_uint(r, 128, ERR_SYNTAX);
	if (count > max) {
		reader_fail(r, ERR_LIMIT);
		return 0;
	}
	return (size_t)count;
}

enum err
abi_read_close(const struct abi_reader *r)
{
	if (r->error != ERR_OK)
		return r->error;
	return r->at == r->len ? ERR_OK : ERR_SYNTAX;
}
