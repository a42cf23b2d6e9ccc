/* oracle/memory.h - how much memory the service holds, for `margind status`.
 *
 * Source: proc(5): statm, smaps_rollup.
 */
#ifndef ORACLE_MEMORY_H
#define ORACLE_MEMORY_H

#include "base/types.h"

struct memory_use {
	uint64_t resident;	/* bytes in memory, shared ones included */
	uint64_t huge;		/* of them in huge pages */
};
/* memory_of_process: zeros where the kernel does not say. */
void memory_of_process(struct memory_use *out, int pid);
/* memory_of_file: bytes that a memfd takes now; 0 where nobody can say. */
uint64_t memory_of_file(int fd);

#endif
