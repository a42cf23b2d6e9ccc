/* oracle/cmd_replay.c - `margind replay`: recorded frames, or a journal,
 * through the same code as live. */
#include "oracle/cmd.h"

#include "oracle/options.h"
#include "oracle/replay.h"

#include <stdio.h>
#include <string.h>

#define SPEED_MAX 1000000u

static const struct option_row ROWS[] = {
	{ "frames", "FILE,…", false, "recordings of websocket frames, at most "
	  "1024, on one timeline" },
	{ "align", NULL, false, "shift them so that all begin together" },
	{ "config", "FILE", false, "prices, venues and book; default: ETH and "
	  "BTC in USD" },
	{ "speed", "N", false, "times real time; `max` (the default) does not "
	  "wait" },
	{ "from", "TIME", false, "Unix ms or RFC 3339: nothing before it is "
	  "shown" },
	{ "until", "TIME", false, "nor anything from here on" },
	{ "journal", "DIR", false, "a journal: recompute its attestations" },
	{ "rebuild-history", NULL, false, "and its history.sqlite" },
	{ "json", NULL, false, "one JSON object a line" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "replay", .rows = ROWS,
	.summary = "With --frames: recorded frames become ticks, prices and "
	    "attestations (unsigned;\nvaults from the config's book file, no "
	    "chain), and at the end a digest of all\nlines before the summary."
	    "\n\nWith --journal: every input goes through a fresh machine, and "
	    "every attestation\nmust come out as it was recorded; exit code 1 "
	    "if one does not."
	    "\n\nFrames before --from are read for the books that they leave, "
	    "no more.  A journal\nis replayed from the life of the service "
	    "on that was going on at --from.",
};

static int
usage(const char *what)
{
	fprintf(stderr, "margind replay: %s; see margind replay --help\n",
	    what);
	return EXIT_USAGE;
}

static int
journal(const struct options_given *g)
{
	struct replay_journal_options o = {
		.dir = options_get(&COMMAND, g, "journal"),
		.is_json = options_get(&COMMAND, g, "json"),
		.rebuild_history = options_get(&COMMAND, g, "rebuild-history"),
	};

	if (options_get(&COMMAND, g, "align") ||
	    options_get(&COMMAND, g, "config") ||
	    options_get(&COMMAND, g, "speed"))
		return usage("--align, --config and --speed go with --frames");
	if (!replay_window_take(&o.window, &COMMAND, g))
		return EXIT_USAGE;
	if (o.rebuild_history && (o.window.from_ms || o.window.until_ms))
		return usage("--rebuild-history takes the whole journal");
	return replay_journal(&o);
}

static int
frames(const struct options_given *g)
{
	struct replay_frames_options o = {
		.config_path = options_get(&COMMAND, g, "config"),
		.is_aligned = options_get(&COMMAND, g, "align"),
		.is_json = options_get(&COMMAND, g, "json"),
	};
	const char *given = options_get(&COMMAND, g, "frames");
	const char *speed = options_get(&COMMAND, g, "speed");

	if (!replay_window_take(&o.window, &COMMAND, g))
		return EXIT_USAGE;
	if (options_get(&COMMAND, g, "rebuild-history"))
		return usage("--rebuild-history goes with --journal");
	if (!replay_paths_take(&o, given))
		return usage("--frames: 1 to 1024 files with commas between");
	if (speed && strcmp(speed, "max") != 0) {
		if (!options_u64(&COMMAND, g, "speed", &o.speed))
			return EXIT_USAGE;
		if (o.speed == 0 || o.speed > SPEED_MAX)
			return usage("--speed: max, or 1 to 1000000");
	}
	return replay_frames(&o);
}

int
cmd_replay(int argc, char **argv)
{
	struct options_given given;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	if (!options_get(&COMMAND, &given, "frames") ==
	    !options_get(&COMMAND, &given, "journal"))
		return usage("either --frames or --journal");
	return options_get(&COMMAND, &given, "frames") ? frames(&given) :
	    journal(&given);
}
