/* tests/fuzz/replay.c - a fuzz target as a plain test: it runs the files of
 * tests/fuzz/corpus/<target>/ and then 20,000 random mutations of them, from
 * a fixed seed, and prints the counting line of cmocka. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (300u * 1024u)
#define MUTATIONS 20000u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void
mutate(const uint8_t *bytes, size_t len)
{
	static uint8_t copy[INPUT_MAX];

	if (len == 0 || len > INPUT_MAX)
		return;
	memcpy(copy, bytes, len);
	for (unsigned i = 0; i < 1 + next_random() % 4; i++)
		copy[next_random() % len] = (uint8_t)next_random();
	if (next_random() % 4 == 0)
		len = next_random() % len;
	(void)LLVMFuzzerTestOneInput(copy, len);
}

int
main(int argc, char **argv)
{
	static uint8_t bytes[INPUT_MAX];
	const char *name = strrchr(argv[0], '/');
	char dir[512];
	struct dirent **list;
	int count;
	unsigned files = 0;

	name = name ? name + 1 : argv[0];
	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s",
	    argc > 1 ? argv[1] : name);
	count = scandir(dir, &list, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char path[1024];
		FILE *f;
		size_t len;
		bool hidden;

		hidden = list[i]->d_name[0] == '.';
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		free(list[i]);
		if (hidden)
			continue;
		f = fopen(path, "rb");
		if (!f)
			continue;
		len = fread(bytes, 1, sizeof(bytes), f);
		fclose(f);
		(void)LLVMFuzzerTestOneInput(bytes, len);
		for (unsigned m = 0; m < MUTATIONS / (unsigned)count; m++)
			mutate(bytes, len);
		files++;
	}
	if (count >= 0)
		free(list);
	if (files == 0) {
		printf("%s: no corpus\n[  FAILED  ] 1 test(s)\n", dir);
		return 1;
	}
	printf("%s: %u files\n[  PASSED  ] 1 test(s)\n", name, files);
	return 0;
}
