/* A line of a recording: any bytes.  What is accepted is bounded, and written
 * again in our own words it reads the same. */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "feeds/frames.h"

#define LEN_MAX (64u * 1024u)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Every byte of the payload as an escape; UTF-8 as it stands. */
static size_t
line_write(char *out, size_t size, const struct frames_line *line)
{
	static const char *const KINDS[] = { "connect", "send", "recv",
	    "http" };
	size_t at = (size_t)snprintf(out, size, "{\"addr\":\"w\",\"data\":\"");

	for (size_t i = 0; i < line->payload_len; i++) {
		unsigned char c = (unsigned char)line->payload[i];

		if (c < 0x80)
			at += (size_t)snprintf(out + at, size - at, "\\u%04x",
			    c);
		else
			out[at++] = (char)c;
	}
	return at + (size_t)snprintf(out + at, size - at, "\",\"t\":\"%s\","
	    "\"ts\":%llu.%03u,\"conn\":\"c\"}", KINDS[line->kind],
	    (unsigned long long)(line->recv_ms / 1000),
	    (unsigned)(line->recv_ms % 1000));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static char payload[LEN_MAX + 1], again[6 * LEN_MAX + 256];
	static char text[6 * LEN_MAX + 256];
	struct frames_line line = { .number = 7 }, second = { .number = 7 };
	size_t text_len;

	if (len > LEN_MAX || frames_parse_line(&line, payload,
	    (const char *)bytes, len) != ERR_OK)
		return 0;
	MUST(line.number == 7);
	MUST(line.payload == payload && line.payload_len <= len);
	MUST(payload[line.payload_len] == '\0');
	MUST(memchr(line.connection, '\0', sizeof(line.connection)) != NULL);
	MUST(memchr(line.address, '\0', sizeof(line.address)) != NULL);
	/* Base64 may hold what JSON text cannot. */
	if (memmem(bytes, len, "b64", 3) != NULL ||
	    memmem(bytes, len, "\\u", 2) != NULL)
		return 0;
	text_len = line_write(text, sizeof(text), &line);
	MUST(frames_parse_line(&second, again, text, text_len) == ERR_OK);
	MUST(second.kind == line.kind && second.recv_ms == line.recv_ms);
	MUST(second.payload_len == line.payload_len);
	MUST(memcmp(again, payload, line.payload_len) == 0);
	return 0;
}
