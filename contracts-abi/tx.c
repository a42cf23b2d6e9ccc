#include "contracts-abi/tx.h"

#include <string.h>

#include "base/keccak.h"
#include "base/must.h"
#include "contracts-abi/rlp.h"

#define V_EIP155 35u		/* v = 35 + 2 * chain id + recovery */
#define FIELDS_MAX 12u		/* of type 2, signature included */

/* n / 2 and n of secp256k1 (SEC 2, 2.4.1). */
static const uint8_t order_half[32] = {
	0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d,
	0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
};
static const uint8_t order_less_one[32] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
	0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
	0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x40,
};

static enum err
signature_check(const uint8_t r[32], const uint8_t s[32])
{
	static const uint8_t zero[32];

	if (memcmp(r, zero, 32) == 0 || memcmp(r, order_less_one, 32) > 0 ||
	    memcmp(s, zero, 32) == 0 || memcmp(s, order_half, 32) > 0)
		return ERR_AUTH;
	return ERR_OK;
}

static enum err
tx_check(const struct tx *t)
{
	if (t->data_len > TX_DATA_MAX)
		return ERR_LIMIT;
	if (t->nonce == UINT64_MAX)
		return ERR_RANGE;
	switch (t->type) {
	case TX_LEGACY:
		return t->chain_id == 0 || t->max_priority_fee_wei != 0 ?
		    ERR_RANGE : ERR_OK;
	case TX_FEE_MARKET:
		return t->max_priority_fee_wei > t->max_fee_wei ?
		    ERR_RANGE : ERR_OK;
	}
	must_fail(__FILE__, __LINE__, "a transaction type of the enum");
}

/* The fields of one transaction as RLP items; numbers live in `numbers`. */
struct tx_fields {
	struct rlp_uint numbers[FIELDS_MAX];
	struct rlp_item items[FIELDS_MAX];
	size_t count;
};

static void
fields_add_uint(struct tx_fields *f, struct rlp_uint v)
{
	f->numbers[f->count] = v;
	f->items[f->count] = rlp_item_from_uint(&f->numbers[f->count]);
	f->count++;
}

static void
fields_add_u128(struct tx_fields *f, u128 v)
{
	fields_add_uint(f, rlp_uint_from_u128(v));
}

static void
fields_add(struct tx_fields *f, const uint8_t *at, size_t len, bool is_list)
{
	f->items[f->count++] = (struct rlp_item){ .at = at, .len = len,
	    .is_list = is_list };
}

/* What is common to the signed and the unsigned form. */
static void
fields_from_tx(struct tx_fields *f, const struct tx *t)
{
	bool fee_market = t->type == TX_FEE_MARKET;

	f->count = 0;
	if (fee_market)
		fields_add_u128(f, t->chain_id);
	fields_add_u128(f, t->nonce);
	if (fee_market)
		fields_add_u128(f, t->max_priority_fee_wei);
	fields_add_u128(f, t->max_fee_wei);
	fields_add_u128(f, t->gas_limit);
	fields_add(f, t->to.b, t->creates ? 0 : sizeof(t->to.b), false);
	fields_add_u128(f, t->value_wei);
	fields_add(f, t->data, t->data_len, false);
	if (fee_market)
		fields_add(f, NULL, 0, true);	/* access list */
}

static enum err
fields_write(uint8_t *out, size_t *out_len, const struct tx *t,
    const struct tx_fields *f)
{
	size_t at = t->type == TX_FEE_MARKET ? 1 : 0;
	size_t len;
	enum err e;

	if (at == 1)
		out[0] = TX_FEE_MARKET;
	e = rlp_write_list(out + at, &len, TX_RAW_MAX - at, f->items,
	    f->count);
	if (e == ERR_OK)
		*out_len = at + len;
	return e;
}

enum err
tx_sign_hash(struct b32 *out, const struct tx *t)
{
	uint8_t bytes[TX_RAW_MAX];
	struct tx_fields f;
	size_t len;
	enum err e;

	if ((e = tx_check(t)) != ERR_OK)
		return e;
	fields_from_tx(&f, t);
	if (t->type == TX_LEGACY) {
		fields_add_u128(&f, t->chain_id);	/* EIP-155 */
		fields_add_u128(&f, 0);
		fields_add_u128(&f, 0);
	}
	if ((e = fields_write(bytes, &len, t, &f)) != ERR_OK)
		return e;
	keccak256(out, bytes, len);
	return ERR_OK;
}

enum err
tx_encode(uint8_t *out, size_t *out_len, const struct tx *t,
    unsigned recovery, const uint8_t r[32], const uint8_t s[32])
{
	struct tx_fields f;
	enum err e;

	MUST(recovery <= 1);
	if ((e = tx_check(t)) != ERR_OK || (e = signature_check(r, s)) != ERR_OK)
		return e;
	fields_from_tx(&f, t);
	fields_add_u128(&f, t->type == TX_FEE_MARKET ? recovery :
	    (u128)t->chain_id * 2 + V_EIP155 + recovery);
	fields_add_uint(&f, rlp_uint_from_b32(r));
	fields_add_uint(&f, rlp_uint_from_b32(s));
	return fields_write(out, out_len, t, &f);
}

/* v of type 0 into chain id and recovery.  27 and 28 are signatures that hold
 * on every chain: refused. */
static enum err
legacy_v_split(struct tx *t, unsigned *recovery, u128 v)
{
	if (v < V_EIP155)
		return ERR_SYNTAX;
	v -= V_EIP155;
	if (v / 2 > UINT64_MAX)
		return ERR_RANGE;
	t->chain_id = (uint64_t)(v / 2);
	*recovery = (unsigned)(v % 2);
	return ERR_OK;
}

static enum err
destination_read(struct tx *t, struct rlp_reader *in)
{
	struct rlp_item to = rlp_next_string(in);

	t->creates = to.len == 0;
	if (!t->creates && to.len != sizeof(t->to.b))
		return ERR_SYNTAX;
	memcpy(t->to.b, to.at, to.len);
	return ERR_OK;
}

static enum err
fields_read(struct tx *t, unsigned *recovery, uint8_t r[32], uint8_t s[32],
    struct rlp_reader *in)
{
	struct rlp_item data;
	u128 v;
	enum err e;

	if (t->type == TX_FEE_MARKET)
		t->chain_id = (uint64_t)rlp_next_uint(in, 64);
	t->nonce = (uint64_t)rlp_next_uint(in, 64);
	if (t->type == TX_FEE_MARKET)
		t->max_priority_fee_wei = rlp_next_uint(in, 128);
	t->max_fee_wei = rlp_next_uint(in, 128);
	t->gas_limit = (uint64_t)rlp_next_uint(in, 64);
	if ((e = destination_read(t, in)) != ERR_OK)
		return in->error != ERR_OK ? in->error : e;
	t->value_wei = rlp_next_uint(in, 128);
	data = rlp_next_string(in);
	t->data = data.at;
	t->data_len = data.len;
	if (t->type == TX_FEE_MARKET && rlp_next_list(in).len != 0)
		return ERR_SYNTAX;
	v = rlp_next_uint(in, 128);
	rlp_next_b32(in, r);
	rlp_next_b32(in, s);
	if ((e = rlp_close(in)) != ERR_OK)
		return e;
	if (t->type == TX_LEGACY)
		return legacy_v_split(t, recovery, v);
	*recovery = (unsigned)(v & 1);
	return v <= 1 ? ERR_OK : ERR_SYNTAX;
}

enum err
tx_decode(struct tx *t, unsigned *recovery, uint8_t r[32], uint8_t s[32],
    const uint8_t *raw, size_t raw_len)
{
	struct tx read = { .type = TX_LEGACY };
	struct rlp_reader outer, in;
	struct rlp_item list;
	uint8_t r_read[32], s_read[32];
	unsigned recovery_read = 0;
	size_t skip;
	enum err e;

	if (raw_len > TX_RAW_MAX)
		return ERR_LIMIT;
	skip = raw_len > 0 && raw[0] == TX_FEE_MARKET ? 1 : 0;
	read.type = skip == 1 ? TX_FEE_MARKET : TX_LEGACY;
	rlp_open(&outer, raw + skip, raw_len - skip);
	list = rlp_next_list(&outer);
	if ((e = rlp_close(&outer)) != ERR_OK)
		return e;
	rlp_open(&in, list.at, list.len);
	if ((e = fields_read(&read, &recovery_read, r_read, s_read, &in)) !=
	    ERR_OK || (e = tx_check(&read)) != ERR_OK ||
	    (e = signature_check(r_read, s_read)) != ERR_OK)
		return e;
	*t = read;
	*recovery = recovery_read;
	memcpy(r, r_read, 32);
	memcpy(s, s_read, 32);
	return ERR_OK;
}
