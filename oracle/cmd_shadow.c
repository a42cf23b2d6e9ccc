/* oracle/cmd_shadow.c - `margind shadow`: a new config beside the old one over
 * the same inputs, and what would come out differently. */
#include "oracle/cmd.h"

#include "oracle/options.h"
#include "oracle/schema_value.h"
#include "oracle/shadow.h"

#include <stdio.h>
#include <string.h>

#define MAX_PPB_DEFAULT 10000000u	/* 1 % */
#define SECONDS_DEFAULT 10u
#define SECONDS_MAX 86400u

static const struct option_row ROWS[] = {
	{ "config", "FILE", true, "the new config" },
	{ "against", "FILE", false, "the old one; of a journal its own" },
	{ "frames", "FILE,…", false, "over recorded frames" },
	{ "align", NULL, false, "shift them so that all begin together" },
	{ "journal", "DIR", false, "over a service's journal" },
	{ "api", "URL", false, "over what a running service hears" },
	{ "seconds", "N", false, "so long; 10" },
	{ "from", "TIME", false, "Unix ms or RFC 3339: nothing before it is "
	  "compared" },
	{ "until", "TIME", false, "nor anything from here on" },
	{ "max", "PERCENT", false, "how far a price or mark may move; 1%" },
	{ "json", NULL, false, "one JSON object a line" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "shadow", .rows = ROWS,
	.summary = "Runs two configs over the same inputs and lists every "
	    "price, mark and vault's state\nthat would be another.  Exit code "
	    "1 where a price or mark moves by more than --max\nor is missing "
	    "in one of them, a vault's state differs, or only one has it.",
};

static int
usage(const char *what)
{
	fprintf(stderr, "margind shadow: %s; see margind shadow --help\n",
	    what);
	return EXIT_USAGE;
}

/* One input of three, and what goes with it. */
static int
input_take(struct shadow_options *o, struct replay_frames_options *f,
    const struct options_given *g)
{
	const char *paths = options_get(&COMMAND, g, "frames");

	o->journal_dir = options_get(&COMMAND, g, "journal");
	o->api_url = options_get(&COMMAND, g, "api");
	if (!paths + !o->journal_dir + !o->api_url != 2)
		return usage("one of --frames, --journal and --api");
	if (paths && !replay_paths_take(f, paths))
		return usage("--frames: 1 to 1024 files with commas between");
	f->is_aligned = options_get(&COMMAND, g, "align");
	if (f->is_aligned && !paths)
		return usage("--align goes with --frames");
	if (options_get(&COMMAND, g, "seconds") && !o->api_url)
		return usage("--seconds goes with --api");
	if (o->api_url && (o->window.from_ms || o->window.until_ms))
		return usage("--from and --until go with what is recorded");
	if (o->api_url && !o->before_path)
		return usage("--api needs --against");
	if (paths)
		o->frames = f;
	return EXIT_OK;
}

static bool
numbers_take(struct shadow_options *o, uint32_t *max_ppb,
    const struct options_given *g)
{
	const char *max = options_get(&COMMAND, g, "max");

	if (options_get(&COMMAND, g, "seconds") &&
	    !options_u64(&COMMAND, g, "seconds", &o->seconds))
		return false;
	if (o->seconds == 0 || o->seconds > SECONDS_MAX) {
		(void)usage("--seconds: 1 to 86400");
		return false;
	}
	if (!max || value_to_percent_ppb(max_ppb, max, strlen(max)) == ERR_OK)
		return replay_window_take(&o->window, &COMMAND, g);
	(void)usage("--max: a percentage such as 1%");
	return false;
}

static int
run(const struct shadow_options *o, uint32_t max_ppb, bool is_json)
{
	static struct shadow s;
	int code = o->frames ? shadow_frames(&s, o) : o->journal_dir ?
	    shadow_journal(&s, o) : shadow_api(&s, o);

	if (code == EXIT_OK && shadow_print(&s, max_ppb, is_json))
		code = EXIT_FAILED;
	replay_life_close(s.before_life);
	replay_life_close(s.after_life);
	shadow_free(&s);
	return code;
}

int
cmd_shadow(int argc, char **argv)
{
	struct replay_frames_options frames = { 0 };
	struct shadow_options o = { .seconds = SECONDS_DEFAULT };
	struct options_given given;
	uint32_t max_ppb = MAX_PPB_DEFAULT;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	o.after_path = options_get(&COMMAND, &given, "config");
	o.before_path = options_get(&COMMAND, &given, "against");
	if (!numbers_take(&o, &max_ppb, &given))
		return EXIT_USAGE;
	code = input_take(&o, &frames, &given);
	return code != EXIT_OK ? code : run(&o, max_ppb,
	    options_get(&COMMAND, &given, "json"));
}
