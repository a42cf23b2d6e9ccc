/* oracle/replay_options.c - what `replay` and `shadow` take alike
 * (replay.h). */
#include "oracle/replay.h"

#include "oracle/schema_value.h"

#include <string.h>

#define LIST_MAX (128u * 1024u)	/* the system's limit of an argument */

bool
replay_paths_take(struct replay_frames_options *o, const char *given)
{
	static char list[LIST_MAX];
	size_t len = strlen(given);

	if (len >= sizeof(list))
		return false;
	memcpy(list, given, len + 1);
	for (char *at = list;;) {
		char *comma = strchr(at, ',');

		if (comma)
			*comma = '\0';
		/* An empty name is none. */
		if (*at == '\0' || o->path_count == REPLAY_FILES_MAX)
			return false;
		o->path[o->path_count++] = at;
		if (!comma)
			return true;
		at = comma + 1;
	}
}

static bool
instant_take(uint64_t *out, const struct options_command *c,
    const struct options_given *g, const char *name)
{
	const char *text = options_get(c, g, name);

	if (!text || (value_to_instant_ms(out, text, strlen(text)) ==
	    ERR_OK && *out > 0))
		return true;
	fprintf(stderr, "margind %s: --%s: %s is not an instant\n", c->name,
	    name, text);
	return false;
}

bool
replay_window_take(struct replay_window *w, const struct options_command *c,
    const struct options_given *g)
{
	if (!instant_take(&w->from_ms, c, g, "from") ||
	    !instant_take(&w->until_ms, c, g, "until"))
		return false;
	if (w->until_ms == 0 || w->from_ms < w->until_ms)
		return true;
	fprintf(stderr, "margind %s: --from is not before --until\n",
	    c->name);
	return false;
}
