#include "oracle/options.h"

#include "base/decimal.h"
#include "base/must.h"
#include "oracle/cmd.h"
#include "oracle/suggest.h"

#include <string.h>

void
options_help(FILE *out, const struct options_command *c)
{
	fprintf(out, "usage: margind %s", c->name);
	for (const struct option_row *r = c->rows; r->name; r++)
		if (r->is_required)
			fprintf(out, " --%s %s", r->name, r->value);
	fprintf(out, " [OPTIONS]");
	if (c->operands)
		fprintf(out, c->operands_min > 0 ? " %s" : " [%s]",
		    c->operands);
	fprintf(out, "\n\n%s\n\n", c->summary);
	for (const struct option_row *r = c->rows; r->name; r++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s%s%s", r->name,
		    r->value ? " " : "", r->value ? r->value : "");
		fprintf(out, "  %-26s %s%s\n", left, r->help,
		    r->is_required ? " (required)" : "");
	}
	fprintf(out, "  %-26s %s\n", "--help", "this text");
}

static void
complain_unknown(const struct options_command *c, const char *name, size_t len)
{
	struct suggest nearest = { 0 };

	for (const struct option_row *r = c->rows; r->name; r++)
		suggest_offer(&nearest, name, len, r->name);
	fprintf(stderr, "margind %s: unknown option --%.*s", c->name, (int)len,
	    name);
	if (nearest.best)
		fprintf(stderr, " (did you mean --%s?)", nearest.best);
	fprintf(stderr, "; see margind %s --help\n", c->name);
}

static size_t
row_find(const struct options_command *c, const char *name, size_t len)
{
	size_t i = 0;

	while (c->rows[i].name && (strlen(c->rows[i].name) != len ||
	    memcmp(c->rows[i].name, name, len) != 0))
		i++;
	return i;
}

/* option_take handles the option at argv[*at]; false after a complaint. */
static bool
option_take(struct options_given *g, const struct options_command *c,
    int argc, char **argv, int *at)
{
	const char *name = argv[*at] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	size_t i = row_find(c, name, len);
	const struct option_row *r = &c->rows[i];

	MUST(i < OPTIONS_MAX);
	if (!r->name) {
		complain_unknown(c, name, len);
		return false;
	}
	if (g->value[i]) {
		fprintf(stderr, "margind %s: --%s is given twice\n", c->name,
		    r->name);
		return false;
	}
	if (!r->value && value) {
		fprintf(stderr, "margind %s: --%s takes no value\n", c->name,
		    r->name);
		return false;
	}
	if (r->value && !value && ++*at < argc)
		value = argv[*at];
	if (r->value && !value) {
		fprintf(stderr, "margind %s: --%s needs a %s\n", c->name,
		    r->name, r->value);
		return false;
	}
	g->value[i] = r->value ? value : r->name;
	return true;
}

static bool
given_is_complete(const struct options_command *c,
    const struct options_given *g)
{
	for (size_t i = 0; c->rows[i].name; i++)
		if (c->rows[i].is_required && !g->value[i]) {
			fprintf(stderr, "margind %s: --%s %s is missing; see "
			    "margind %s --help\n", c->name, c->rows[i].name,
			    c->rows[i].value, c->name);
			return false;
		}
	if (g->operand_count < c->operands_min) {
		fprintf(stderr, "margind %s: %s is missing; see margind %s "
		    "--help\n", c->name, c->operands, c->name);
		return false;
	}
	return true;
}

bool
options_read(struct options_given *out, const struct options_command *c,
    int argc, char **argv, int *code)
{
	bool options_end = false;

	memset(out, 0, sizeof(*out));
	*code = EXIT_USAGE;
	for (int i = 1; i < argc; i++) {
		if (!options_end && strcmp(argv[i], "--") == 0) {
			options_end = true;
		} else if (!options_end && (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)) {
			options_help(stdout, c);
			*code = EXIT_OK;
			return false;
		} else if (!options_end && strncmp(argv[i], "--", 2) == 0) {
			if (!option_take(out, c, argc, argv, &i))
				return false;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1]) {
			complain_unknown(c, argv[i] + 1, strlen(argv[i]) - 1);
			return false;
		} else if (out->operand_count == c->operands_max) {
			fprintf(stderr, "margind %s: one argument too many: "
			    "%s\n", c->name, argv[i]);
			return false;
		} else {
			MUST(out->operand_count < OPERANDS_MAX);
			out->operand[out->operand_count++] = argv[i];
		}
	}
	return given_is_complete(c, out);
}

const char *
options_get(const struct options_command *c, const struct options_given *g,
    const char *name)
{
	size_t i = row_find(c, name, strlen(name));

	MUST(c->rows[i].name);
	return g->value[i];
}

bool
options_u64(const struct options_command *c, const struct options_given *g,
    const char *name, uint64_t *out)
{
	const char *value = options_get(c, g, name);

	if (!value || decimal_to_u64(out, value, strlen(value)) == ERR_OK)
		return true;
	fprintf(stderr, "margind %s: --%s: %s is not a whole number\n",
	    c->name, name, value);
	return false;
}
