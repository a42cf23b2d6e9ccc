#include "oracle/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES_AT_ONCE 65536u

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

size_t
arena_resident(const void *at, size_t bytes)
{
	static unsigned char in_memory[PAGES_AT_ONCE];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), resident = 0;
	union {
		const void *in;
		uint8_t *out;
	} u = { at };

	for (size_t done = 0; done < bytes; done += page * PAGES_AT_ONCE) {
		size_t left = bytes - done;
		size_t pages = (left + page - 1) / page;

		if (pages > PAGES_AT_ONCE)
			pages = PAGES_AT_ONCE;
		if (mincore(u.out + done, pages * page, in_memory) != 0)
			return 0;
		for (size_t i = 0; i < pages; i++)
			resident += (in_memory[i] & 1u) * page;
	}
	return resident;
}
