/* tests/errors_text.h - what a reader printed, as a string.  Test code only. */
#ifndef TESTS_ERRORS_TEXT_H
#define TESTS_ERRORS_TEXT_H

#include <stdio.h>
#include <stdlib.h>

struct errors_text {
	FILE *file;
	char *text;
	size_t len;
};

__attribute__((unused)) static FILE *
errors_open(struct errors_text *e)
{
	e->text = NULL;
	e->file = open_memstream(&e->text, &e->len);
	if (!e->file)
		abort();
	return e->file;
}

/* The text stays until errors_free. */
__attribute__((unused)) static const char *
errors_close(struct errors_text *e)
{
	fclose(e->file);
	return e->text;
}

__attribute__((unused)) static void
errors_free(struct errors_text *e)
{
	free(e->text);
}

#endif
