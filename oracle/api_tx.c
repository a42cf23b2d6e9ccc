#include "oracle/api_tx.h"

#include "oracle/api_json.h"

#include <inttypes.h>
#include <string.h>

/* EIP-2098: the parity of y is the highest bit of s. */
static void
signature_compact(uint8_t out[64], const struct wire_signature *w)
{
	memcpy(out, w->r, 32);
	memcpy(out + 32, w->s, 32);
	out[32] |= (uint8_t)(w->recovery << 7);
}

bool
api_signatures_fill(struct clearing_signatures *g, uint8_t compact[1][64],
    const struct api_state *s, const struct board_attestation *a)
{
	unsigned bit = s->head.signer_bit;

	if (!s->config->has_clearing || !s->head.has_signer_bit)
		return false;
	memset(g, 0, sizeof(*g));
	g->bitmap[31 - bit / 8] = (uint8_t)(1u << bit % 8);
	signature_compact(compact[0], &a->signature);
	g->count = 1;
	g->compact = (const uint8_t (*)[64])compact;
	return true;
}

enum err
api_submit_data(uint8_t *out, size_t *len, const struct api_state *s,
    const struct board_attestation *a)
{
	struct clearing_signatures g;
	uint8_t compact[1][64];

	if (!api_signatures_fill(&g, compact, s, a))
		return ERR_STATE;
	return clearing_encode_submit(out, len, &a->header, &g);
}

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
