#include "oracle/api_json.h"

#include "contracts-abi/clearing.h"
#include "oracle/api_proof.h"

#include <inttypes.h>
#include <string.h>

void
api_json_tx(struct text *t, const struct config *c, const uint8_t *data,
    size_t len, uint64_t gas)
{
	text_put(t, "{");
	api_json_addr(t, "to", &c->clearing);
	text_put(t, ",\"data\":");
	text_json_hex(t, data, len);
	text_printf(t, ",\"value\":\"0\",\"gas\":%" PRIu64 "}", gas);
}

void
api_json_attestation_short(struct text *t, const struct attestation *a,
    const struct b32 *digest)
{
	text_put(t, "{");
	api_json_u64(t, "sequence", a->sequence);
	text_put(t, ",");
	api_json_u64(t, "as_of", a->as_of);
	text_put(t, ",");
	api_json_name(t, "status",
	    price_status_name((enum price_status)a->status));
	text_put(t, ",");
	api_json_name(t, "reason", price_reason_name(a->reason));
	text_printf(t, ",\"vault_count\":%" PRIu32 ",\"verdict_count\":%"
	    PRIu32 ",", a->vault_count, a->verdict_count);
	api_json_b32(t, "digest", digest);
	text_put(t, "}");
}

/* The fields of the type string, as wallet libraries take them. */
static void
json_types(struct text *t)
{
	const char *at = strchr(ATTEST_TYPE, '(') + 1;

	text_put(t, "{\"MarginAttestation\":[");
	while (*at != '\0') {
		size_t type = strcspn(at, " "), name;

		text_put(t, "{\"name\":");
		name = strcspn(at + type + 1, ",)");
		text_json_string(t, at + type + 1, name);
		text_put(t, ",\"type\":");
		text_json_string(t, at, type);
		at += type + 1 + name + 1;
		text_put(t, *at != '\0' ? "}," : "}");
	}
	text_put(t, "]}");
}

static void
json_integer(struct text *t, const char *key, u128 v)
{
	text_printf(t, ",\"%s\":", key);
	text_json_u128(t, v, 0);
}

static void
json_word(struct text *t, const char *key, const struct b32 *v)
{
	text_put(t, ",");
	api_json_b32(t, key, v);
}

static void
json_message(struct text *t, const struct attestation *a)
{
	text_put(t, "{");
	api_json_b32(t, "book", &a->book);
	json_integer(t, "sequence", a->sequence);
	json_integer(t, "asOf", a->as_of);
	json_integer(t, "validUntil", a->valid_until);
	json_integer(t, "blockNumber", a->block_number);
	json_word(t, "blockHash", &a->block_hash);
	json_word(t, "positionsRoot", &a->positions_root);
	json_word(t, "pricesHash", &a->prices_hash);
	json_word(t, "verdictsRoot", &a->verdicts_root);
	json_word(t, "rulesHash", &a->rules_hash);
	json_word(t, "inputsHash", &a->inputs_hash);
	text_printf(t, ",\"status\":%u,\"reason\":%" PRIu32
	    ",\"vaultCount\":%" PRIu32 ",\"verdictCount\":%" PRIu32,
	    a->status, a->reason, a->vault_count, a->verdict_count);
	json_integer(t, "collateralValue", a->collateral_value);
	json_integer(t, "debtValue", a->debt_value);
	text_put(t, "}");
}

static void
json_signatures(struct text *t, const struct wire_signature *w)
{
	uint8_t bytes[65];

	memcpy(bytes, w->r, 32);
	memcpy(bytes + 32, w->s, 32);
	bytes[64] = (uint8_t)(27 + w->recovery);
	text_put(t, "[{");
	api_json_addr(t, "signer", &w->signer);
	text_put(t, ",\"signature\":");
	text_json_hex(t, bytes, sizeof(bytes));
	text_put(t, "}]");
}

static void
json_signed(struct text *t, const struct api_state *s,
    const struct board_attestation *a)
{
	text_put(t, "\"domain\":{\"name\":\"margind\",\"version\":\"1\",");
	api_json_u64(t, "chainId", s->config->has_chain ?
	    s->config->chain_id : s->book->chain_id);
	text_put(t, ",");
	api_json_addr(t, "verifyingContract", &s->config->clearing);
	text_put(t, "},\"types\":");
	json_types(t);
	text_put(t, ",\"primaryType\":\"MarginAttestation\",\"message\":");
	json_message(t, &a->header);
	text_put(t, ",");
	api_json_b32(t, "digest", &a->digest);
	text_put(t, ",\"signatures\":");
	json_signatures(t, &a->signature);
}

void
api_json_attestation(struct text *t, const struct api_state *s,
    const struct board_attestation *a)
{
	static uint8_t data[CLEARING_DATA_MAX];
	size_t len;

	text_put(t, "{");
	json_signed(t, s, a);
	text_put(t, ",\"prices\":[");
	for (size_t i = 0; i < a->word_count; i++) {
		text_put(t, i > 0 ? "," : "");
		api_json_b32(t, NULL, &a->word[i]);
	}
	text_put(t, "],\"tx\":");
	if (api_submit_data(data, &len, s, a) == ERR_OK)
		api_json_tx(t, s->config, data, len, API_GAS_SUBMIT);
	else
		text_put(t, "null");
	text_put(t, "}");
}
