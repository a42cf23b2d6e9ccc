/* What `margind config example` and `margind config explain` print.  The
 * example is examples/margind.yaml itself, taken in by the assembler. */
#include "oracle/bookfile.h"
#include "oracle/config_schema.h"
#include "oracle/rulesfile.h"

__asm__(
    ".pushsection .rodata\n"
    "config_example_begin:\n"
    "	.incbin \"examples/margind.yaml\"\n"
    "config_example_end:\n"
    "	.byte 0\n"
    ".popsection\n");
extern const char config_example_begin[], config_example_end[];

void
config_print_example(FILE *out)
{
	(void)fwrite(config_example_begin, 1,
	    (size_t)(config_example_end - config_example_begin), out);
}

void
config_print_explain(FILE *out)
{
	fprintf(out, "The config (YAML).  Paths are relative to its folder; a "
	    "text that begins with {\nis read as JSON.\n\n");
	schema_explain(out, config_keys, "", NULL);
	fprintf(out, "\nbook.json (JSON, or the same keys in YAML)\n\n");
	bookfile_explain(out);
	fprintf(out, "\nmarket.json (JSON, or the same keys in YAML)\n\n");
	marketfile_explain(out);
	fprintf(out, "\nrules.yaml (YAML or JSON)\n\n");
	rulesfile_explain(out);
}
