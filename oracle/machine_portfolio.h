/* oracle/machine_portfolio.h - of the vaults those with positions
 * (oracle/machine_vaults.h puts them in). */
#ifndef ORACLE_MACHINE_PORTFOLIO_H
#define ORACLE_MACHINE_PORTFOLIO_H

#include "oracle/machine_state.h"

/* Vaults with positions.  _look, whether one can be put: errors as
 * portfolio_put; ERR_UNKNOWN where the book has no instruments, ERR_LIMIT where
 * no row is free; _write what it looked at, within the guard of the slot;
 * _forget before the vault in a slot is replaced; _positions: where they lie,
 * and how many; _value: the verdict in full, noted; _move, after the prices,
 * and _next: margin/portfolio_reach.h by vault slots. */
MUST_CHECK enum err machine_portfolio_create(struct machine *m,
    const struct book *from);
void machine_portfolio_destroy(struct machine *m);
MUST_CHECK enum err machine_portfolio_look(const struct machine *m,
    const struct vault *v, const struct position *positions);
void machine_portfolio_write(struct machine *m, uint32_t slot,
    const struct vault *v, const struct position *positions);
void machine_portfolio_forget(struct machine *m, uint32_t slot);
uint32_t machine_portfolio_positions(const struct machine *m,
    const struct vault *v, const struct position **out);
void machine_portfolio_value(struct machine *m, struct verdict *out,
    const struct vault *v);
void machine_portfolio_move(struct machine *m);
uint32_t machine_portfolio_next(struct machine *m,
    uint32_t slot[PORTFOLIO_REACH_BATCH]);

#endif
