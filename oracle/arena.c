#include "oracle/arena.h"

#include <sys/mman.h>

enum err
arena_map(void **out, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return ERR_LIMIT;
	arena_advise(at, bytes);
	*out = at;
	return ERR_OK;
}

void
arena_unmap(void *at, size_t bytes)
{
	if (at)
		munmap(at, bytes);
}

void
arena_advise(void *at, size_t bytes)
{
	(void)!madvise(at, bytes, MADV_HUGEPAGE);
}
