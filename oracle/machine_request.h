/* oracle/machine_request.h - cadence, the request to the signer, its answer. */
#ifndef ORACLE_MACHINE_REQUEST_H
#define ORACLE_MACHINE_REQUEST_H

#include "oracle/machine_state.h"

#define MACHINE_REFRESH_MAX 1024u	/* leaves made anew at one request, */
#define MACHINE_REFRESH_CROSSED 4u	/* and at one that a crossing asked for */

/* machine_request_close asks the signer, if the cadence says so. */
void machine_request_close(struct machine *m, const struct machine_output *o);
MUST_CHECK enum err machine_request_signed(struct machine *m,
    const struct wire_signed *w, const struct machine_output *o);
MUST_CHECK enum err machine_request_rejected(struct machine *m,
    const struct wire_rejected *w);
MUST_CHECK enum err machine_request_paused(struct machine *m,
    const struct wire_paused *w, const struct machine_output *o);

/* Head status that would be signed now: enum price_status, and its reason. */
enum price_status machine_status(const struct machine *m, uint32_t *reason);

#endif
