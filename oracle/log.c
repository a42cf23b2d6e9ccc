#include "oracle/log.h"

#include "base/clock_text.h"
#include "oracle/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024u

static struct {
	char who[16];
	enum log_level level;
	enum log_format format;
} log_state = { .who = "margind", .level = LOG_INFO_LEVEL };

static const char *const LEVELS[] = { "debug", "info", "warn", "error" };

void
log_open(const char *who)
{
	const char *format = getenv("MARGIND_LOG_FORMAT");
	const char *level = getenv("MARGIND_LOG_LEVEL");

	snprintf(log_state.who, sizeof(log_state.who), "%s", who);
	if (format && strcmp(format, "json") == 0)
		log_state.format = LOG_JSON;
	for (unsigned i = 0; level && i < 4; i++)
		if (strcmp(level, LEVELS[i]) == 0)
			log_state.level = (enum log_level)i;
}

/* One write a line: processes share standard error, lines must not mix. */
static void
line_write(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, line, len);

		if (n <= 0)
			return;
		line += n;
		len -= (size_t)n;
	}
}

static void
log_json(const char *when, enum log_level level, const char *message)
{
	struct text t;

	text_init(&t, 8 * LOG_LINE_MAX);
	text_printf(&t, "{\"time\":\"%s\",\"process\":", when);
	text_json_string(&t, log_state.who, strlen(log_state.who));
	text_printf(&t, ",\"level\":\"%s\",\"message\":", LEVELS[level]);
	text_json_string(&t, message, strlen(message));
	text_put(&t, "}\n");
	if (!t.failed)
		line_write(t.at, t.len);
	text_free(&t);
}

__attribute__((format(printf, 2, 0)))
static void
log_line(enum log_level level, const char *format, va_list args)
{
	char message[LOG_LINE_MAX], line[LOG_LINE_MAX + 64];
	char when[TIME_TEXT_BUF];
	struct timespec t;
	int len;

	if (level < log_state.level)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	time_ms_to_rfc3339(when, (uint64_t)t.tv_sec * 1000 +
	    (uint64_t)t.tv_nsec / 1000000);
	(void)vsnprintf(message, sizeof(message), format, args);
	if (log_state.format == LOG_JSON) {
		log_json(when, level, message);
		return;
	}
	/* What a peer said must not reach a terminal raw. */
	for (char *c = message; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	len = snprintf(line, sizeof(line), "%s %-7s %-6s %s\n", when,
	    log_state.who, LEVELS[level], message);
	if (len > 0)
		line_write(line, (size_t)len < sizeof(line) ? (size_t)len :
		    sizeof(line) - 1);
}

void
log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_DEBUG_LEVEL, format, args);
	va_end(args);
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_INFO_LEVEL, format, args);
	va_end(args);
}

void
log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_WARN_LEVEL, format, args);
	va_end(args);
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_ERROR_LEVEL, format, args);
	va_end(args);
}
