/* oracle/surface_simplex.h - Nelder and Mead's search for the least value of a
 * function: reflect, expand, contract, shrink.  The same function and start
 * give the same end.
 *
 * Owns:   nothing, allocates nothing.
 * Limits: SIMPLEX_MAX dimensions; ends after `looks` values, or where the
 *         values of the corners differ by less than 1e-10 of themselves.
 * Source: Nelder and Mead, "A simplex method for function minimization", 1965.
 */
#ifndef ORACLE_SURFACE_SIMPLEX_H
#define ORACLE_SURFACE_SIMPLEX_H

#include "base/types.h"

#define SIMPLEX_MAX 5u

/* at: from here, each way by its step; where it ended.  Returns the value
 * there, never more than at the start. */
double simplex_search(double *at, const double *step, size_t dimensions,
    unsigned looks, double (*value)(void *arg, const double *at), void *arg);

#endif
