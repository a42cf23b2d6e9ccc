/* book_read FILE [service|api]: reads a book as the commands do, or vault by
 * vault as the engine does until its vaults are inputs, or as the api does,
 * which keeps their names.  Prints how many vaults there are, how long it took
 * and how much memory: at most, and at most beyond the file's text, as one JSON
 * line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "oracle/file.h"
#include "oracle/input.h"

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Of this program: getrusage would count what forked it. */
static long
peak_kb(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	long kb = 0;

	while (f && kb == 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

static enum err
vault_count(void *arg, const struct vault *v)
{
	uint32_t *count = arg;

	*count += v->collateral_count + v->debt_count > 0;
	return ERR_OK;
}

/* What a role keeps of a book besides its text. */
struct role {
	struct book book;
	struct bookfile_names names;
	struct bookfile_ids ids;
	struct input_excess excess;
};

static enum err
engine_read(uint32_t *count, struct role *r, struct bookfile *f)
{
	struct bookfile_sink to = { .vaults_max = BOOK_VAULTS_MAX,
		.each = vault_count, .arg = count };
	static const struct config places = { .vaults_max = BOOK_VAULTS_MAX,
		.portfolios_max = CONFIG_PORTFOLIOS_MAX };
	enum err e = input_book_scan(&r->book, &r->names, &r->excess, f,
	    &places);

	if (e == ERR_OK)
		e = input_excess_refuse(&r->excess, "book_read", "run");
	if (e == ERR_OK)
		e = bookfile_each(f, &r->book, &r->names, &to);
	return e;
}

static enum err
api_read(uint32_t *count, struct role *r, struct bookfile *f)
{
	struct bookfile_sink to = { .vaults_max = BOOK_VAULTS_MAX,
		.ids = &r->ids };
	enum err e = bookfile_each(f, &r->book, &r->names, &to);

	*count = r->ids.count;
	return e;
}

static enum err
role_read(uint32_t *count, const char *path, const char *text, size_t len,
    bool is_api)
{
	static struct role role;
	struct bookfile *f;
	enum err e = bookfile_open(&f, text, len, path, stderr);

	if (e != ERR_OK)
		return e;
	e = is_api ? api_read(count, &role, f) :
	    engine_read(count, &role, f);
	bookfile_close(f);
	bookfile_ids_free(&role.ids);
	return e;
}

int
main(int argc, char **argv)
{
	struct input_book *book = NULL;
	char *text = NULL;
	size_t len = 0;
	uint32_t count = 0;
	uint64_t begin_ms;
	long before_kb;
	enum err e = ERR_OK;

	if (argc < 2 || argc > 3)
		return 2;
	if (argc == 3)
		e = file_read_text(&text, &len, argv[1], BOOKFILE_TEXT_MAX,
		    stderr);
	begin_ms = now_ms();
	before_kb = peak_kb();
	if (argc == 2)
		e = input_book_read(&book, NULL, argv[1], 0);
	else if (e == ERR_OK)
		e = role_read(&count, argv[1], text, len,
		    strcmp(argv[2], "api") == 0);
	printf("{\"vaults\":%u,\"ms\":%llu,\"peak_mb\":%ld,\"more_kb\":%ld}\n",
	    book ? book->book.vault_count : count,
	    (unsigned long long)(now_ms() - begin_ms), peak_kb() / 1024,
	    peak_kb() - before_kb);
	input_book_free(book);
	free(text);
	return e == ERR_OK ? 0 : 3;
}
