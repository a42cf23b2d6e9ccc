/* oracle/cmd_run.c - `margind run`: the config is read and checked whole
 * before anything starts; then the supervisor has it. */
#include "oracle/bookfile.h"
#include "oracle/cmd.h"
#include "oracle/file.h"
#include "oracle/log.h"
#include "oracle/options.h"
#include "oracle/supervisor.h"

#include <stdlib.h>
#include <string.h>

static int
book_check(struct config *c, const char *path, const char *text, size_t len)
{
	struct book *b = calloc(1, sizeof(*b));
	struct bookfile_names *names = calloc(1, sizeof(*names));
	struct vault *vaults = calloc(c->vaults_max, sizeof(*vaults));
	uint32_t *hash = calloc(2u * (size_t)c->vaults_max, sizeof(*hash));
	int code = EXIT_CONFIG;

	if (!b || !names || !vaults || !hash) {
		log_error("vaults_max: out of memory");
	} else {
		book_init(b, vaults, hash, c->vaults_max);
		if (bookfile_read(b, names, text, len, path, stderr) ==
		    ERR_OK && config_bind_book(c, b, names, path, stderr) ==
		    ERR_OK)
			code = EXIT_OK;
	}
	free(b);
	free(names);
	free(vaults);
	free(hash);
	return code;
}

static int
run(const char *path, uint32_t seconds)
{
	static struct config config;
	struct supervisor_setup setup = { .config = &config,
		.config_path = path, .seconds = seconds };
	char book_path[CONFIG_PATH_MAX];
	char *text = NULL, *book = NULL;
	unsigned errors = 0;
	int code = EXIT_CONFIG;

	if (file_read_text(&text, &setup.config_text_len, path,
	    CONFIG_TEXT_MAX, stderr) != ERR_OK)
		return EXIT_CONFIG;
	if (config_read(&config, text, setup.config_text_len, path, stderr,
	    &errors) != ERR_OK ||
	    config_require_run(&config, path, stderr) != ERR_OK)
		goto out;
	if (config_path_from(book_path, path, config.book_file) != ERR_OK ||
	    file_read_text(&book, &setup.book_text_len, book_path,
	    BOOKFILE_TEXT_MAX, stderr) != ERR_OK)
		goto out;
	code = book_check(&config, book_path, book, setup.book_text_len);
	if (code != EXIT_OK)
		goto out;
	setup.config_text = text;
	setup.book_text = book;
	code = supervisor_run(&setup);
out:
	free(text);
	free(book);
	return code;
}
