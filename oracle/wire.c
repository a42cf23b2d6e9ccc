#include "oracle/wire.h"

#include <string.h>

/* No hidden padding: every byte that is hashed is a named one. */
_Static_assert(sizeof(struct wire_head) == 8, "");
_Static_assert(sizeof(struct wire_start) == 112, "");
_Static_assert(sizeof(struct wire_tick) == 80, "");
_Static_assert(sizeof(struct wire_heartbeat) == 32, "");
_Static_assert(sizeof(struct wire_close) == 16, "");
_Static_assert(sizeof(struct wire_vault) == 896, "");
_Static_assert(sizeof(struct wire_portfolio) == 7312, "");
_Static_assert(sizeof(struct wire_rate) == 48, "");
_Static_assert(sizeof(struct wire_mark) == 80, "");
_Static_assert(sizeof(struct wire_forward) == 64, "");
_Static_assert(sizeof(struct wire_slice) == 160, "");
_Static_assert(sizeof(struct wire_memory_unit) == 2232, "");
_Static_assert(sizeof(struct wire_memory_market) == 88, "");
_Static_assert(sizeof(struct wire_memory_rate) == 32, "");
_Static_assert(sizeof(struct wire_option) == 104, "");
_Static_assert(sizeof(struct wire_block) == 64, "");
_Static_assert(sizeof(struct wire_signer_base) == 64, "");
_Static_assert(sizeof(struct wire_signer_ready) == 48, "");
_Static_assert(sizeof(struct wire_signature) == 88, "");
_Static_assert(sizeof(struct wire_signed) == 136, "");
_Static_assert(sizeof(struct wire_rejected) == 32, "");
_Static_assert(sizeof(struct wire_paused) == 152, "");
_Static_assert(sizeof(struct wire_resumed) == 16, "");
_Static_assert(sizeof(struct wire_begin) == 192, "");
_Static_assert(sizeof(struct wire_word) == 48, "");
_Static_assert(sizeof(struct wire_leaf) == 264, "");
_Static_assert(sizeof(struct wire_end) == 16, "");
_Static_assert(sizeof(struct wire_attestation) == 440, "");
_Static_assert(sizeof(struct wire_committed) == 16, "");
_Static_assert(sizeof(struct wire_journal_ready) == 48, "");
_Static_assert(sizeof(struct wire_tx_request) == 4216, "");
_Static_assert(sizeof(struct wire_tx_signed) == 104, "");
_Static_assert(sizeof(struct wire_tx_rejected) == 24, "");
_Static_assert(sizeof(struct wire_tx_mined) == 32, "");
_Static_assert(sizeof(struct wire_gas_key) == 32, "");
_Static_assert(sizeof(struct wire_peer) == 16, "");
_Static_assert(sizeof(struct wire_plain) == 8, "");
_Static_assert(sizeof(struct wire_status) == 280, "");
_Static_assert(sizeof(struct wire_feed) == 240, "");

static const uint16_t sizes[] = {
	[WIRE_START] = sizeof(struct wire_start),
	[WIRE_TICK] = sizeof(struct wire_tick),
	[WIRE_HEARTBEAT] = sizeof(struct wire_heartbeat),
	[WIRE_CLOSE] = sizeof(struct wire_close),
	[WIRE_VAULT] = sizeof(struct wire_vault),
	[WIRE_PORTFOLIO] = sizeof(struct wire_portfolio),
	[WIRE_RATE] = sizeof(struct wire_rate),
	[WIRE_MARK] = sizeof(struct wire_mark),
	[WIRE_FORWARD] = sizeof(struct wire_forward),
	[WIRE_SLICE] = sizeof(struct wire_slice),
	[WIRE_MEMORY_UNIT] = sizeof(struct wire_memory_unit),
	[WIRE_MEMORY_MARKET] = sizeof(struct wire_memory_market),
	[WIRE_MEMORY_RATE] = sizeof(struct wire_memory_rate),
	[WIRE_KEEP_UNIT] = sizeof(struct wire_memory_unit),
	[WIRE_KEEP_MARKET] = sizeof(struct wire_memory_market),
	[WIRE_KEEP_RATE] = sizeof(struct wire_memory_rate),
	[WIRE_OPTION] = sizeof(struct wire_option),
	[WIRE_BLOCK] = sizeof(struct wire_block),
	[WIRE_SIGNER_BASE] = sizeof(struct wire_signer_base),
	[WIRE_SIGNER_READY] = sizeof(struct wire_signer_ready),
	[WIRE_SIGNED] = sizeof(struct wire_signed),
	[WIRE_REJECTED] = sizeof(struct wire_rejected),
	[WIRE_PAUSED] = sizeof(struct wire_paused),
	[WIRE_RESUMED] = sizeof(struct wire_resumed),
	[WIRE_BEGIN] = sizeof(struct wire_begin),
	[WIRE_WORD] = sizeof(struct wire_word),
	[WIRE_LEAF] = sizeof(struct wire_leaf),
	[WIRE_END] = sizeof(struct wire_end),
	[WIRE_ATTESTATION] = sizeof(struct wire_attestation),
	[WIRE_COMMITTED] = sizeof(struct wire_committed),
	[WIRE_JOURNAL_READY] = sizeof(struct wire_journal_ready),
	[WIRE_TX_REQUEST] = sizeof(struct wire_tx_request),
	[WIRE_TX_SIGNED] = sizeof(struct wire_tx_signed),
	[WIRE_TX_REJECTED] = sizeof(struct wire_tx_rejected),
	[WIRE_TX_MINED] = sizeof(struct wire_tx_mined),
	[WIRE_GAS_KEY] = sizeof(struct wire_gas_key),
	[WIRE_PEER] = sizeof(struct wire_peer),
	[WIRE_GO] = sizeof(struct wire_plain),
	[WIRE_PAUSE] = sizeof(struct wire_plain),
	[WIRE_RESUME] = sizeof(struct wire_plain),
	[WIRE_STATUS] = sizeof(struct wire_status),
	[WIRE_FEED] = sizeof(struct wire_feed),
};

size_t
wire_size(unsigned type)
{
	return type < ARRAY_COUNT(sizes) ? sizes[type] : 0;
}

bool
wire_is_input(unsigned type)
{
	return type >= WIRE_START && type <= WIRE_MEMORY_RATE;
}

bool
wire_is_kept(unsigned type)
{
	return type >= WIRE_KEEP_UNIT && type <= WIRE_KEEP_RATE;
}

void
wire_head_set(struct wire_head *h, enum wire_type type)
{
	h->version = WIRE_VERSION;
	h->type = (uint16_t)type;
	h->size = (uint32_t)wire_size(type);
}

enum err
wire_check(const void *bytes, size_t size)
{
	struct wire_head h;

	if (size < sizeof(h))
		return ERR_SYNTAX;
	memcpy(&h, bytes, sizeof(h));
	if (h.version != WIRE_VERSION)
		return ERR_STATE;
	if (wire_size(h.type) == 0)
		return ERR_UNKNOWN;
	if (h.size != size || wire_size(h.type) != size)
		return ERR_SYNTAX;
	return ERR_OK;
}
