/* book_read FILE: reads a book as the commands do, and prints how many vaults
 * there are, how long it took and how much memory, as one JSON line. */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "oracle/input.h"

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int
main(int argc, char **argv)
{
	struct input_book *book = NULL;
	struct rusage used;
	uint64_t begin_ms = now_ms(), end_ms;
	enum err e;

	if (argc != 2)
		return 2;
	e = input_book_read(&book, NULL, argv[1], 0);
	end_ms = now_ms();
	getrusage(RUSAGE_SELF, &used);
	printf("{\"vaults\":%u,\"ms\":%llu,\"peak_mb\":%ld}\n",
	    book ? book->book.vault_count : 0,
	    (unsigned long long)(end_ms - begin_ms), used.ru_maxrss / 1024);
	input_book_free(book);
	return e == ERR_OK ? 0 : 3;
}
