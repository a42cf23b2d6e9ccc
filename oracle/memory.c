#include "oracle/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t
resident_of(int pid)
{
	char path[64];
	unsigned long long total, resident;
	uint64_t bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu", &total, &resident) == 2)
		bytes = resident * (uint64_t)sysconf(_SC_PAGESIZE);
	fclose(f);
	return bytes;
}

static uint64_t
huge_of(int pid)
{
	static const char *const keys[] = { "AnonHugePages:",
		"ShmemPmdMapped:", "FilePmdMapped:" };
	char path[64], line[256];
	uint64_t bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
			unsigned long long kb;

			if (strncmp(line, keys[i], strlen(keys[i])) == 0 &&
			    sscanf(line + strlen(keys[i]), "%llu", &kb) == 1)
				bytes += kb * 1024;
		}
	fclose(f);
	return bytes;
}

void
memory_of_process(struct memory_use *out, int pid)
{
	*out = (struct memory_use){ 0, 0 };
	if (pid <= 0)
		return;
	out->resident = resident_of(pid);
	out->huge = huge_of(pid);
}

uint64_t
memory_of_file(int fd)
{
	struct stat s;

	return fstat(fd, &s) == 0 ? (uint64_t)s.st_blocks * 512 : 0;
}
