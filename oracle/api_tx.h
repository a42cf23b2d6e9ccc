/* oracle/api_tx.h - transactions to the clearing contract, ready to be sent by
 * whoever pays for them. */
#ifndef ORACLE_API_TX_H
#define ORACLE_API_TX_H

#include "contracts-abi/clearing.h"
#include "oracle/api_state.h"
#include "oracle/text.h"

/* Gas limits with headroom over what `make gas` measures (docs/api.md). */
#define API_GAS_SUBMIT 130000u
#define API_GAS_LIQUIDATE 260000u
#define API_GAS_LEG 12000u
#define API_GAS_WORD 800u

/* api_signatures_fill: the released signature as the contract takes it, with
 * room of the caller's; false without a chain or while our place in the
 * contract's signer table is not known. */
bool api_signatures_fill(struct clearing_signatures *g, uint8_t compact[1][64],
    const struct api_state *s, const struct board_attestation *a);

/* The calldata of submit(a); ERR_STATE where there is no signature for
 * it. */
MUST_CHECK enum err api_submit_data(uint8_t *out, size_t *len,
    const struct api_state *s, const struct board_attestation *a);

/* api_json_tx appends {"to","data","value","gas"}. */
void api_json_tx(struct text *t, const struct config *c, const uint8_t *data,
    size_t len, uint64_t gas);

#endif
