#include "oracle/wire_attest.h"

#include <string.h>

void
wire_attestation_fill(struct wire_attestation *out,
    const struct attestation *a, const struct b32 *digest,
    const struct wire_signature *signature, uint32_t word_count)
{
	memset(out, 0, sizeof(*out));
	wire_head_set(&out->head, WIRE_ATTESTATION);
	out->book = a->book;
	out->sequence = a->sequence;
	out->as_of = a->as_of;
	out->valid_until = a->valid_until;
	out->block_number = a->block_number;
	out->block_hash = a->block_hash;
	out->positions_root = a->positions_root;
	out->prices_hash = a->prices_hash;
	out->verdicts_root = a->verdicts_root;
	out->rules_hash = a->rules_hash;
	out->inputs_hash = a->inputs_hash;
	out->reason = a->reason;
	out->vault_count = a->vault_count;
	out->verdict_count = a->verdict_count;
	out->status = a->status;
	out->collateral_value = wire_from_u128(a->collateral_value);
	out->debt_value = wire_from_u128(a->debt_value);
	out->digest = *digest;
	out->signature = *signature;
	out->word_count = word_count;
}

void
wire_attestation_header(struct attestation *out,
    const struct wire_attestation *w)
{
	memset(out, 0, sizeof(*out));
	out->book = w->book;
	out->sequence = w->sequence;
	out->as_of = w->as_of;
	out->valid_until = w->valid_until;
	out->block_number = w->block_number;
	out->block_hash = w->block_hash;
	out->positions_root = w->positions_root;
	out->prices_hash = w->prices_hash;
	out->verdicts_root = w->verdicts_root;
	out->rules_hash = w->rules_hash;
	out->inputs_hash = w->inputs_hash;
	out->status = w->status;
	out->reason = w->reason;
	out->vault_count = w->vault_count;
	out->verdict_count = w->verdict_count;
	out->collateral_value = wire_to_u128(w->collateral_value);
	out->debt_value = wire_to_u128(w->debt_value);
}
