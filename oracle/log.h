/* oracle/log.h - one line per change of state, to standard error.
 *
 *	2026-11-20T12:00:00.123Z feeds  warn   kraken: lost: closed by peer
 *
 * `log_format json` gives one JSON object a line.  Never one line a frame. */
#ifndef ORACLE_LOG_H
#define ORACLE_LOG_H

enum log_level { LOG_DEBUG_LEVEL, LOG_INFO_LEVEL, LOG_WARN_LEVEL,
    LOG_ERROR_LEVEL };
enum log_format { LOG_TEXT, LOG_JSON };

/* log_open names the process and sets the format (MARGIND_LOG_FORMAT=json and
 * MARGIND_LOG_LEVEL=debug|info|warn|error choose; the defaults are text and
 * info). */
void log_open(const char *who);
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
