#include "oracle/attest_json.h"

#include "base/decimal.h"
#include "base/hex.h"

#include <string.h>

enum field_kind { FIELD_B32, FIELD_U8, FIELD_U32, FIELD_U64, FIELD_U128 };

/* The message's fields in the order of their encoding. */
#define FIELD(name_, type_, kind_, member) { name_, type_, kind_, \
	offsetof(struct attestation, member) }
static const struct field {
	const char *name, *type;
	enum field_kind kind;
	size_t offset;
} FIELDS[] = {
	FIELD("book", "bytes32", FIELD_B32, book),
	FIELD("sequence", "uint64", FIELD_U64, sequence),
	FIELD("asOf", "uint64", FIELD_U64, as_of),
	FIELD("validUntil", "uint64", FIELD_U64, valid_until),
	FIELD("blockNumber", "uint64", FIELD_U64, block_number),
	FIELD("blockHash", "bytes32", FIELD_B32, block_hash),
	FIELD("positionsRoot", "bytes32", FIELD_B32, positions_root),
	FIELD("pricesHash", "bytes32", FIELD_B32, prices_hash),
	FIELD("verdictsRoot", "bytes32", FIELD_B32, verdicts_root),
	FIELD("rulesHash", "bytes32", FIELD_B32, rules_hash),
	FIELD("inputsHash", "bytes32", FIELD_B32, inputs_hash),
	FIELD("status", "uint8", FIELD_U8, status),
	FIELD("reason", "uint32", FIELD_U32, reason),
	FIELD("vaultCount", "uint32", FIELD_U32, vault_count),
	FIELD("verdictCount", "uint32", FIELD_U32, verdict_count),
	FIELD("collateralValue", "uint128", FIELD_U128, collateral_value),
	FIELD("debtValue", "uint128", FIELD_U128, debt_value),
};
_Static_assert(ARRAY_COUNT(FIELDS) == ATTEST_WORDS, "every field once");

/* ---- writing ------------------------------------------------------------ */

static u128
field_number(const struct field *f, const struct attestation *a)
{
	const char *at = (const char *)a + f->offset;
	uint8_t v8;
	uint32_t v32;
	uint64_t v64;
	u128 v;

	switch (f->kind) {
	case FIELD_U8:
		memcpy(&v8, at, sizeof(v8));
		return v8;
	case FIELD_U32:
		memcpy(&v32, at, sizeof(v32));
		return v32;
	case FIELD_U64:
		memcpy(&v64, at, sizeof(v64));
		return v64;
	case FIELD_U128:
		memcpy(&v, at, sizeof(v));
		return v;
	case FIELD_B32:
		break;
	}
	return 0;
}

static void
message_put(struct text *t, const struct attestation *a)
{
	text_put(t, "{");
	for (size_t i = 0; i < ARRAY_COUNT(FIELDS); i++) {
		const struct field *f = &FIELDS[i];

		text_printf(t, "%s\"%s\":", i > 0 ? "," : "", f->name);
		if (f->kind == FIELD_B32)
			text_json_hex(t, (const uint8_t *)a + f->offset, 32);
		else
			text_json_u128(t, field_number(f, a), 0);
	}
	text_put(t, "}");
}

static void
types_put(struct text *t)
{
	text_put(t, "{\"MarginAttestation\":[");
	for (size_t i = 0; i < ARRAY_COUNT(FIELDS); i++)
		text_printf(t, "%s{\"name\":\"%s\",\"type\":\"%s\"}",
		    i > 0 ? "," : "", FIELDS[i].name, FIELDS[i].type);
	text_put(t, "]}");
}

void
attest_json_fields(struct text *t, const struct eip712_domain *d,
    const struct attestation *a, const struct b32 *digest,
    const struct attest_signature *signatures, size_t count)
{
	char address[HEX_ADDR_BUF];
	uint8_t rsv[65];

	addr_to_checksum(address, &d->contract);
	text_put(t, "\"domain\":{\"name\":\"margind\",\"version\":\"1\","
	    "\"chainId\":");
	text_json_u128(t, d->chain_id, 0);
	text_printf(t, ",\"verifyingContract\":\"%s\"},\"types\":", address);
	types_put(t);
	text_put(t, ",\"primaryType\":\"MarginAttestation\",\"message\":");
	message_put(t, a);
	text_put(t, ",\"digest\":");
	text_json_hex(t, digest->b, sizeof(digest->b));
	text_put(t, ",\"signatures\":[");
	for (size_t i = 0; i < count; i++) {
		addr_to_checksum(address, &signatures[i].signer);
		sig_to_rsv65(rsv, &signatures[i].signature);
		text_printf(t, "%s{\"signer\":\"%s\",\"signature\":",
		    i > 0 ? "," : "", address);
		text_json_hex(t, rsv, sizeof(rsv));
		text_put(t, "}");
	}
	text_put(t, "]");
}

void
attest_json(struct text *t, const struct eip712_domain *d,
    const struct attestation *a, const struct b32 *digest,
    const struct attest_signature *signatures, size_t count)
{
	text_put(t, "{");
	attest_json_fields(t, d, a, digest, signatures, count);
	text_put(t, "}");
}

static void
pair_u128(struct text *t, const char *name, u128 v)
{
	text_printf(t, ",\"%s\":", name);
	text_json_u128(t, v, 0);
}

static void
pair_b32(struct text *t, const char *name, const struct b32 *v)
{
	text_printf(t, "%s\"%s\":", t->at[t->len - 1] == '{' ? "" : ",",
	    name);
	text_json_hex(t, v->b, sizeof(v->b));
}

void
attest_json_verdict(struct text *t, const struct verdict_leaf *l)
{
	text_put(t, "{");
	if (t->failed)
		return;
	pair_b32(t, "vault", &l->vault);
	pair_u128(t, "nonce", l->nonce);
	pair_u128(t, "asOf", l->as_of);
	pair_u128(t, "blockNumber", l->block_number);
	pair_u128(t, "state", l->state);
	pair_u128(t, "method", l->method);
	pair_u128(t, "collateralValue", l->collateral_value);
	pair_u128(t, "debtValue", l->debt_value);
	pair_u128(t, "healthLow", l->health_low);
	pair_u128(t, "healthHigh", l->health_high);
	text_put(t, ",\"initialExcess\":");
	text_json_i128(t, l->initial_excess, 0);
	text_put(t, ",\"maintenanceExcess\":");
	text_json_i128(t, l->maintenance_excess, 0);
	pair_b32(t, "liquidationAsset", &l->liquidation_asset);
	pair_u128(t, "liquidationPrice", l->liquidation_price);
	pair_b32(t, "debtAsset", &l->debt_asset);
	pair_u128(t, "maxRepay", l->max_repay);
	text_put(t, "}");
}

void
attest_json_position(struct text *t, const struct position_leaf *l)
{
	text_put(t, "{");
	if (t->failed)
		return;
	pair_b32(t, "vault", &l->vault);
	pair_u128(t, "nonce", l->nonce);
	pair_u128(t, "blockNumber", l->block_number);
	pair_b32(t, "legsHash", &l->legs_hash);
	text_put(t, "}");
}

/* ---- reading ------------------------------------------------------------ */

struct reader {
	const struct doc *doc;
	struct doc_errors *errors;
};

/* child gives a map's entry, or complains at the map. */
static const struct doc_node *
child(struct reader *r, const struct doc_node *map, const char *key,
    enum doc_kind kind)
{
	const struct doc_node *n = map ? doc_find(r->doc, map, key) : NULL;

	if (!map)
		return NULL;
	if (!n)
		doc_error_at(r->errors, map, "the key `%s` is missing", key);
	else if (n->kind != kind)
		doc_error_at(r->errors, n, "`%s`: %s where %s is expected",
		    key, doc_kind_name(n->kind), doc_kind_name(kind));
	else
		return n;
	return NULL;
}

static void
bytes_read(struct reader *r, uint8_t *out, size_t len,
    const struct doc_node *map, const char *key)
{
	const struct doc_node *n = child(r, map, key, DOC_SCALAR);

	if (n && (n->text_len < 2 || memcmp(n->text, "0x", 2) != 0 ||
	    hex_to_bytes(out, len, n->text, n->text_len) != ERR_OK))
		doc_error_at(r->errors, n, "`%s`: not 0x and %zu hex digits",
		    key, 2 * len);
}

static void
address_read(struct reader *r, struct addr *out, const struct doc_node *map,
    const char *key)
{
	const struct doc_node *n = child(r, map, key, DOC_SCALAR);

	if (n && addr_from_text(out, n->text, n->text_len) != ERR_OK)
		doc_error_at(r->errors, n, "`%s`: not an address", key);
}

static u128
number_read(struct reader *r, const struct doc_node *map, const char *key,
    unsigned bits)
{
	const struct doc_node *n = child(r, map, key, DOC_SCALAR);
	u128 v = 0;

	if (n && (decimal_to_u128(&v, n->text, n->text_len, 0) != ERR_OK ||
	    (bits < 128 && v >> bits != 0)))
		doc_error_at(r->errors, n, "`%s`: not a whole number of %u "
		    "bits", key, bits);
	return v;
}

static void
word_require(struct reader *r, const struct doc_node *map, const char *key,
    const char *word)
{
	const struct doc_node *n = child(r, map, key, DOC_SCALAR);

	if (n && !doc_text_is(n, word))
		doc_error_at(r->errors, n, "`%s`: %.*s is not %s", key,
		    (int)n->text_len, n->text, word);
}

static void
field_read(struct reader *r, struct attestation *a, const struct field *f,
    const struct doc_node *map)
{
	char *at = (char *)a + f->offset;
	uint8_t v8;
	uint32_t v32;
	uint64_t v64;
	u128 v;

	switch (f->kind) {
	case FIELD_B32:
		bytes_read(r, (uint8_t *)at, 32, map, f->name);
		break;
	case FIELD_U8:
		v8 = (uint8_t)number_read(r, map, f->name, 8);
		memcpy(at, &v8, sizeof(v8));
		break;
	case FIELD_U32:
		v32 = (uint32_t)number_read(r, map, f->name, 32);
		memcpy(at, &v32, sizeof(v32));
		break;
	case FIELD_U64:
		v64 = (uint64_t)number_read(r, map, f->name, 64);
		memcpy(at, &v64, sizeof(v64));
		break;
	case FIELD_U128:
		v = number_read(r, map, f->name, 128);
		memcpy(at, &v, sizeof(v));
		break;
	}
}

/* A wallet hashes by these types: other ones would be another message. */
static void
types_check(struct reader *r, const struct doc_node *map)
{
	const struct doc_node *types = child(r, map, "types", DOC_MAP);
	const struct doc_node *list = types ?
	    child(r, types, "MarginAttestation", DOC_LIST) : NULL;
	const struct doc_node *n;
	size_t i = 0;

	if (!list)
		return;
	for (n = doc_first(r->doc, list); n && i < ARRAY_COUNT(FIELDS);
	    n = doc_next(r->doc, n), i++) {
		word_require(r, n, "name", FIELDS[i].name);
		word_require(r, n, "type", FIELDS[i].type);
	}
	if (list->count != ARRAY_COUNT(FIELDS) || types->count != 1)
		doc_error_at(r->errors, types,
		    "`types`: not those of a MarginAttestation");
}

static void
signature_read(struct reader *r, struct attest_read *out,
    const struct doc_node *n)
{
	struct attest_signature *s = &out->signature[out->signature_count];
	uint8_t rsv[65] = { 0 };

	if (out->signature_count == ATTEST_JSON_SIGNATURES_MAX) {
		doc_error_at(r->errors, n, "more than %u signatures",
		    ATTEST_JSON_SIGNATURES_MAX);
		return;
	}
	address_read(r, &s->signer, n, "signer");
	bytes_read(r, rsv, sizeof(rsv), n, "signature");
	memcpy(s->signature.r, rsv, 32);
	memcpy(s->signature.s, rsv + 32, 32);
	/* Anything but 27 and 28 stays a recovery that sig_recover refuses. */
	s->signature.v = (uint8_t)(rsv[64] - 27);
	out->signature_count++;
}

enum err
attest_json_read(struct attest_read *out, const struct doc *doc,
    const struct doc_node *n, struct doc_errors *errors)
{
	struct reader r = { .doc = doc, .errors = errors };
	const struct doc_node *domain, *message, *list, *s;
	unsigned before = errors->count;

	memset(out, 0, sizeof(*out));
	if (n->kind != DOC_MAP) {
		doc_error_at(errors, n, "not an attestation: %s",
		    doc_kind_name(n->kind));
		return ERR_SYNTAX;
	}
	domain = child(&r, n, "domain", DOC_MAP);
	if (domain) {
		word_require(&r, domain, "name", "margind");
		word_require(&r, domain, "version", "1");
		out->domain.chain_id = (uint64_t)number_read(&r, domain,
		    "chainId", 64);
		address_read(&r, &out->domain.contract, domain,
		    "verifyingContract");
	}
	types_check(&r, n);
	word_require(&r, n, "primaryType", "MarginAttestation");
	message = child(&r, n, "message", DOC_MAP);
	for (size_t i = 0; message && i < ARRAY_COUNT(FIELDS); i++)
		field_read(&r, &out->message, &FIELDS[i], message);
	bytes_read(&r, out->digest.b, sizeof(out->digest.b), n, "digest");
	list = child(&r, n, "signatures", DOC_LIST);
	for (s = list ? doc_first(doc, list) : NULL; s; s = doc_next(doc, s))
		signature_read(&r, out, s);
	return errors->count == before ? ERR_OK : ERR_SYNTAX;
}
