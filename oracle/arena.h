/* oracle/arena.h - memory for the large tables: reserved whole, zero, given by
 * the kernel page by page as it is touched, in huge pages where it has them.
 *
 * Owns:   a mapping, until arena_unmap.
 */
#ifndef ORACLE_ARENA_H
#define ORACLE_ARENA_H

#include "base/types.h"

/* arena_map: aligned to a page.  ERR_LIMIT where there is no room. */
MUST_CHECK enum err arena_map(void **out, size_t bytes);
void arena_unmap(void *at, size_t bytes);	/* accepts NULL */
/* arena_advise asks for huge pages in a mapping made elsewhere; a kernel that
 * has none says no, and nothing is lost. */
void arena_advise(void *at, size_t bytes);

#endif
