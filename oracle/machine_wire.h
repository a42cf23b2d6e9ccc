/* oracle/machine_wire.h - vaults as messages: into the machine and out of a
 * file. */
#ifndef ORACLE_MACHINE_WIRE_H
#define ORACLE_MACHINE_WIRE_H

#include "margin/book.h"
#include "oracle/wire.h"

/* machine_vault_from_wire, machine_portfolio_from_wire: ERR_LIMIT for counts
 * beyond the message's; ERR_UNKNOWN for `ratio` in a WIRE_PORTFOLIO. */
MUST_CHECK enum err machine_vault_from_wire(struct vault *out,
    const struct wire_vault *w);
MUST_CHECK enum err machine_portfolio_from_wire(struct vault *out,
    struct position positions[WIRE_POSITIONS], const struct wire_portfolio *w);
/* machine_vault_message writes the input that puts v (from a file) into the
 * machine: a message of WIRE_VAULT or, by another method than `ratio`, of
 * WIRE_PORTFOLIO with positions[v->position_count], at most WIRE_POSITIONS
 * (MUST). */
union machine_message {
	struct wire_head head;
	struct wire_vault vault;
	struct wire_portfolio portfolio;
};
void machine_vault_message(union machine_message *out, const struct vault *v,
    const struct position *positions);

#endif
