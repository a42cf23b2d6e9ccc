/* oracle/machine_snapshot.h - the machine over one book in one given market:
 * what `margind attest` signs and `margind verify` recomputes.  The trees, the
 * verdicts and their slots are the machine's own, so they cannot differ from
 * the service's.
 *
 * Units:  as machine.h.  Owns: a machine, freed by machine_snapshot_free.
 */
#ifndef ORACLE_MACHINE_SNAPSHOT_H
#define ORACLE_MACHINE_SNAPSHOT_H

#include "oracle/machine.h"

#define MACHINE_SNAPSHOT_VERDICTS_MAX 65536u

struct machine_snapshot {
	struct config config;	/* the machine refers to it */
	struct machine *machine;
};

/* machine_snapshot_create evaluates every vault of b in m at as_of_ms.  Prices
 * go through their words first (one whose band no word holds is
 * REFUSED/BAND), companions stay as they are.  ERR_LIMIT without memory. */
MUST_CHECK enum err machine_snapshot_create(struct machine_snapshot **out,
    const struct book *b, const struct market *m, uint64_t as_of_ms);
void machine_snapshot_free(struct machine_snapshot *s);	/* accepts NULL */

/* machine_snapshot_header fills everything but sequence, validUntil, the
 * block and inputsHash, which stay as they are. */
void machine_snapshot_header(struct attestation *a,
    const struct machine_snapshot *s);

#endif
