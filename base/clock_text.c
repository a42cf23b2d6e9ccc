#include "base/clock_text.h"

#define YEAR_MIN 1970u
#define YEAR_MAX 2262u
#define DAY_S 86400u
#define FRACTION_DIGITS_MAX 9u
/* The first instant of the year after YEAR_MAX: 107,016 days of 1970..2262. */
#define END_S ((int64_t)107016 * DAY_S)

struct reader {
	const char *at;
	const char *end;
	bool bad;
};

/* read_digits reads exactly `count` digits. */
static unsigned
read_digits(struct reader *r, unsigned count)
{
	unsigned value = 0;

	for (unsigned i = 0; i < count; i++) {
		if (r->at == r->end || *r->at < '0' || *r->at > '9') {
			r->bad = true;
			return 0;
		}
		value = value * 10 + (unsigned)(*r->at++ - '0');
	}
	return value;
}

/* take consumes one character if it is c. */
static bool
take(struct reader *r, char c)
{
	if (r->bad || r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static void
need(struct reader *r, char c)
{
	if (!take(r, c))
		r->bad = true;
}

/* read_fraction_ms reads what follows the point, cut to milliseconds. */
static unsigned
read_fraction_ms(struct reader *r)
{
	unsigned ms = 0, weight = 100, count = 0;

	for (; r->at != r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		ms += weight * (unsigned)(*r->at - '0');
		weight /= 10;
		count++;
	}
	if (count == 0 || count > FRACTION_DIGITS_MAX)
		r->bad = true;
	return ms;
}

/* A calendar instant, every field as written. */
struct civil {
	unsigned year, month, day, hour, minute, second, ms;
	bool offset_negative;
	unsigned offset_hour, offset_minute;
};

static enum err
civil_read(struct civil *c, const char *text, size_t len)
{
	struct reader r = { text, text + len, false };

	*c = (struct civil){ .year = read_digits(&r, 4) };
	need(&r, '-');
	c->month = read_digits(&r, 2);
	need(&r, '-');
	c->day = read_digits(&r, 2);
	if (!take(&r, 'T'))
		need(&r, ' ');
	c->hour = read_digits(&r, 2);
	need(&r, ':');
	c->minute = read_digits(&r, 2);
	need(&r, ':');
	c->second = read_digits(&r, 2);
	if (take(&r, '.'))
		c->ms = read_fraction_ms(&r);
	if (!take(&r, 'Z')) {
		c->offset_negative = take(&r, '-');
		if (!c->offset_negative)
			need(&r, '+');
		c->offset_hour = read_digits(&r, 2);
		need(&r, ':');
		c->offset_minute = read_digits(&r, 2);
	}
	return r.bad || r.at != r.end ? ERR_SYNTAX : ERR_OK;
}

static bool
year_is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned
month_days(unsigned year, unsigned month)
{
	static const uint8_t DAYS[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	return month == 2 && year_is_leap(year) ? 29 : DAYS[month - 1];
}

static bool
civil_is_valid(const struct civil *c)
{
	/* Second 60 is refused: Unix time has no name for it. */
	return c->year >= YEAR_MIN && c->year <= YEAR_MAX &&
	    c->month >= 1 && c->month <= 12 &&
	    c->day >= 1 && c->day <= month_days(c->year, c->month) &&
	    c->hour <= 23 && c->minute <= 59 && c->second <= 59 &&
	    c->offset_hour <= 23 && c->offset_minute <= 59;
}

/* Days from 1970-01-01.  The year is taken to begin in March, so that the
 * leap day is its last (H. Hinnant, chrono-compatible date algorithms). */
static int64_t
days_from_civil(unsigned year, unsigned month, unsigned day)
{
	unsigned y = year - (month <= 2);
	unsigned m = month > 2 ? month - 3 : month + 9;
	unsigned day_of_year = (153 * m + 2) / 5 + day - 1;

	return (int64_t)365 * y + y / 4 - y / 100 + y / 400 + day_of_year -
	    719468;
}

enum err
time_ms_from_rfc3339(uint64_t *out_ms, const char *text, size_t len)
{
	struct civil c;
	int64_t offset_s, s;
	enum err e;

	e = civil_read(&c, text, len);
	if (e != ERR_OK)
		return e;
	if (!civil_is_valid(&c))
		return ERR_RANGE;
	offset_s = c.offset_hour * 3600 + c.offset_minute * 60;
	s = days_from_civil(c.year, c.month, c.day) * DAY_S +
	    c.hour * 3600 + c.minute * 60 + c.second +
	    (c.offset_negative ? offset_s : -offset_s);
	if (s < 0 || s >= END_S)
		return ERR_RANGE;
	*out_ms = (uint64_t)s * 1000 + c.ms;
	return ERR_OK;
}

static char *
put_digits(char *at, uint64_t value, unsigned width)
{
	char digits[20];
	unsigned count = 0;

	for (; value != 0 || count < width; value /= 10)
		digits[count++] = (char)('0' + value % 10);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

size_t
time_ms_to_rfc3339(char out[TIME_TEXT_BUF], uint64_t ms)
{
	uint64_t s = ms / 1000;
	/* Days from 0000-03-01, in cycles of 400 years (146,097 days). */
	uint64_t days = s / DAY_S + 719468;
	uint64_t cycle = days / 146097, day = days % 146097;
	uint64_t y = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t day_of_year = day - (365 * y + y / 4 - y / 100);
	uint64_t m = (5 * day_of_year + 2) / 153;
	uint64_t month = m < 10 ? m + 3 : m - 9;
	char *at = out;

	at = put_digits(at, cycle * 400 + y + (month <= 2), 4);
	*at++ = '-';
	at = put_digits(at, month, 2);
	*at++ = '-';
	at = put_digits(at, day_of_year - (153 * m + 2) / 5 + 1, 2);
	*at++ = 'T';
	at = put_digits(at, s % DAY_S / 3600, 2);
	*at++ = ':';
	at = put_digits(at, s % 3600 / 60, 2);
	*at++ = ':';
	at = put_digits(at, s % 60, 2);
	*at++ = '.';
	at = put_digits(at, ms % 1000, 3);
	*at++ = 'Z';
	*at = '\0';
	return (size_t)(at - out);
}
