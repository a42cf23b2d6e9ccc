/* oracle/api_proof.h - proofs and ready transactions for one vault.
 *
 * A path is read from the board's trees together with its root; a proof is
 * given only under the root that the newest released attestation signed.  A
 * transaction of a linear vault needs no proof (DESIGN section 5 rule 4). */
#ifndef ORACLE_API_PROOF_H
#define ORACLE_API_PROOF_H

#include "oracle/api_state.h"
#include "oracle/text.h"

struct api_proof_request {
	uint32_t slot;			/* of the vault */
	bool has_recipient;
	struct addr recipient;
	u128 min_seize;		/* atoms of the collateral token */
};

/* api_repay_atoms: the vault's max_repay in atoms of its debt token at the
 * price `low`, rounded up; all that is owed where the rest would be dust.  The
 * contract clamps what is too much.  ERR_STATE where there is no repayment,
 * ERR_RANGE. */
MUST_CHECK enum err api_repay_atoms(u128 *out, const struct api_state *s,
    const struct api_vault *v, struct px18 low);

/* api_proof appends the answer's JSON.  ERR_STALE, with *why, where neither a
 * proof nor a transaction can be given now; nothing is appended then. */
MUST_CHECK enum err api_proof(struct text *t, const char **why,
    struct api_state *s, const struct api_proof_request *q);

#endif
