/* The small texts that the simulated venues' messages are made of. */
#include "feeds/sim_peer.h"

#include "base/clock_text.h"
#include "base/must.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 704u
#define QUOTED_MAX 110u	/* characters of a client's text that we repeat */

static char *
next_text(void)
{
	static char texts[SIM_TEXTS][TEXT_MAX];
	static size_t next;

	next = (next + 1) % SIM_TEXTS;
	return texts[next];
}

const char *
sim_text(struct dec18 d)
{
	char *out = next_text();

	_Static_assert(DECIMAL_BUF <= TEXT_MAX, "a decimal fits");
	decimal_from_dec18(out, d);
	return out;
}

const char *
sim_time(uint64_t ms, unsigned digits)
{
	char text[TIME_TEXT_BUF];
	size_t n = time_ms_to_rfc3339(text, ms);
	char *out = next_text();

	MUST(digits == 3 || digits == 6 || digits == 9);
	snprintf(out, TEXT_MAX, "%.*s%.*sZ", (int)n - 1, text,
	    (int)digits - 3, "000000");
	return out;
}

const char *
sim_quoted(const char *text)
{
	char *out = next_text();
	size_t n = 0;

	out[n++] = '"';
	for (size_t i = 0; text[i] != '\0' && i < QUOTED_MAX; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			out[n++] = '\\';
		if (c >= ' ' && c <= '~')
			out[n++] = (char)c;
		else	/* bytes of other scripts stand one by one */
			n += (size_t)snprintf(out + n, TEXT_MAX - n,
			    "\\u%04x", c);
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}
