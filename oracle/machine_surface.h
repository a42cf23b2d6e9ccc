/* oracle/machine_surface.h - forwards, volatilities and marks of contracts. */
#ifndef ORACLE_MACHINE_SURFACE_H
#define ORACLE_MACHINE_SURFACE_H

#include "oracle/machine_state.h"

/* Forwards, slices and marks (oracle/terms.h): ERR_UNKNOWN for a unit or
 * instrument that is not there, else the errors of terms_take_*.  _close, after
 * the prices, brings them into the portfolios' market. */
MUST_CHECK enum err machine_surface_create(struct machine *m,
    const struct book *from);
void machine_surface_destroy(struct machine *m);
MUST_CHECK enum err machine_surface_forward(struct machine *m,
    const struct wire_forward *w);
MUST_CHECK enum err machine_surface_slice(struct machine *m,
    const struct wire_slice *w);
MUST_CHECK enum err machine_surface_mark(struct machine *m,
    const struct wire_mark *w);
void machine_surface_close(struct machine *m);

#endif
