/* oracle/machine_vaults.h - vaults in, and the tree of their positions. */
#ifndef ORACLE_MACHINE_VAULTS_H
#define ORACLE_MACHINE_VAULTS_H

#include "oracle/machine_state.h"

/* machine_vault_put takes a vault of tokens alone: errors as vaults_put.
 * _put_whole: one with its positions, which a reader sees with its tokens or
 * not at all; errors as machine_portfolio_look, too. */
MUST_CHECK enum err machine_vault_put(struct machine *m, uint32_t *slot,
    const struct vault *v);
MUST_CHECK enum err machine_vault_put_whole(struct machine *m,
    const struct vault *v, const struct position *positions);
/* machine_vault_touch: the vault is valued at the next CLOSE, whatever
 * moves. */
void machine_vault_touch(struct machine *m, uint32_t slot);
/* machine_vaults_close makes the position leaves of what was put. */
void machine_vaults_close(struct machine *m);

/* What is behind a legsHash, each sorted by its id. */
struct machine_legs {
	struct leg_word collateral[BOOK_LEGS_MAX], debt[BOOK_LEGS_MAX];
	struct position_word positions[WIRE_POSITIONS];
	size_t position_count;
};
/* machine_legs_of: of a vault and its positions in any order. */
void machine_legs_of(struct machine_legs *out, const struct asset *assets,
    const struct instrument *instruments, const struct vault *v,
    const struct position *positions, size_t position_count);
/* The position leaf of a vault in the machine, and the legs. */
void machine_position_leaf(struct position_leaf *out,
    struct machine_legs *legs, const struct machine *m, const struct vault *v);

#endif
