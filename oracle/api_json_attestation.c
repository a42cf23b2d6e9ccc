#include "oracle/api_json.h"

#include "contracts-abi/clearing.h"
#include "oracle/api_tx.h"
#include "oracle/attest_json.h"

#include <inttypes.h>
#include <string.h>

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

static void
json_signed(struct text *t, const struct api_state *s,
    const struct board_attestation *a)
{
	struct attest_signature g = { .signer = a->signature.signer };
	struct eip712_domain d = { s->config->has_clearing ?
	    s->config->chain_id : s->book->chain_id, s->config->clearing };

	memcpy(g.signature.r, a->signature.r, sizeof(g.signature.r));
	memcpy(g.signature.s, a->signature.s, sizeof(g.signature.s));
	g.signature.v = a->signature.recovery;
	attest_json_fields(t, &d, &a->header, &a->digest, &g, 1);
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
